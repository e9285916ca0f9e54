// The log of a job: new lines are fetched in the reader's language and put below; it follows its end unless one scrolls up.
(function () {
  "use strict";
  var NEAR_PX = 24;
  var card, box, list, follow, level, asked = false, again = false;

  function last() { return list.lastElementChild ? list.lastElementChild.dataset.id : "0"; }
  function atEnd() { return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX; }
  function toEnd() { if (follow.checked) box.scrollTop = box.scrollHeight; }
  function filter() {
    var wanted = level.value.split(" "), shown = 0;
    Array.from(list.children).forEach(function (line) {
      line.hidden = level.value !== "" && wanted.indexOf(line.dataset.level) < 0;
      shown += line.hidden ? 0 : 1;
    });
    card.querySelector("[data-part=empty]").hidden = shown > 0 || !list.children.length;
    card.querySelector("[data-part=none]").hidden = list.children.length > 0;
    toEnd();
  }
  function more() {  // one question at a time; what comes meanwhile is asked for with the next
    if (asked) { again = true; return; }
    asked = true;
    fetch(list.dataset.url + "?after=" + last(), { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : "";
    }).then(function (html) {
      var parsed = new DOMParser().parseFromString("<ol>" + html + "</ol>", "text/html");
      Array.from(parsed.querySelectorAll("li[data-id]")).forEach(function (line) {
        if (Number(line.dataset.id) > Number(last())) list.append(document.adoptNode(line));
      });
      filter();
    }).catch(function () { return null; }).finally(function () {
      asked = false;
      if (again) { again = false; more(); }
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    card = document.getElementById("job-log-card");
    if (!card) return;
    box = card.querySelector(".km-log");
    list = box.querySelector("ol");
    follow = card.querySelector("[data-part=follow]");
    level = card.querySelector("[data-part=level]");
    level.addEventListener("change", filter);
    follow.addEventListener("change", toEnd);
    box.addEventListener("scroll", function () { follow.checked = atEnd(); });
    document.addEventListener("km:log", more);
    document.addEventListener("km:state", more);
    filter();
  });
}());
