// The browser of items: arrow keys go from item to item; Enter or a click shows one large, in a dialog.
(function () {
  "use strict";
  var list = document.getElementById("items"), zoom = document.getElementById("zoom");
  if (!list || !zoom || !zoom.showModal) return;
  var links = Array.prototype.slice.call(list.querySelectorAll("a[data-item]")), at = 0;
  var part = function (name) { return zoom.querySelector("[data-part=" + name + "]"); };

  function show(number) {
    at = Math.max(0, Math.min(links.length - 1, number));
    var link = links[at], place = part("shown");
    document.getElementById("zoom-says").textContent = link.dataset.says;
    place.textContent = "";
    if (link.dataset.text) {
      var words = document.createElement("p");
      words.className = "km-pre";
      words.dir = "auto";
      words.tabIndex = 0;  // a long one is scrolled by keyboard
      words.textContent = link.dataset.text;
      place.append(words);
    } else {
      place.append(link.querySelector("svg").cloneNode(true));
    }
    part("back").disabled = at === 0;
    part("on").disabled = at === links.length - 1;
    if (!zoom.open) zoom.showModal();
  }

  function row() {  // items beside each other in one line of the list
    var top = links[0].offsetTop, count = links.findIndex(function (link) { return link.offsetTop > top; });
    return count < 0 ? links.length : count;
  }

  function step(key) {
    return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row(), ArrowDown: row() }[key];
  }

  list.addEventListener("click", function (event) {
    var link = event.target.closest("a[data-item]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(links.indexOf(link));
  });
  list.addEventListener("keydown", function (event) {
    var by = step(event.key), now = links.indexOf(event.target.closest("a[data-item]"));
    if (!by || now < 0 || !links[now + by]) return;
    event.preventDefault();
    links[now + by].focus();
  });
  zoom.addEventListener("keydown", function (event) {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") { event.preventDefault(); show(at + step(event.key)); }
  });
  zoom.addEventListener("close", function () { links[at].focus(); });
  part("back").addEventListener("click", function () { show(at - 1); });
  part("on").addEventListener("click", function () { show(at + 1); });
  part("close").addEventListener("click", function () { zoom.close(); });
  zoom.addEventListener("click", function (event) { if (event.target === zoom) zoom.close(); });
}());
