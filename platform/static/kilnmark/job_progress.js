// How far a job is, and the texts that it is making, put into the page as its events say them.
(function () {
  "use strict";
  function words() { return JSON.parse(document.getElementById("job-words").textContent); }
  function counted(number) { return Number(number).toLocaleString(document.documentElement.lang || "en"); }
  function left(seconds, said) {
    if (seconds === null || seconds === undefined) return "";
    var unit = seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60] : ["hour", 3600];
    var count = Math.max(1, Math.round(seconds / unit[1]));
    return said.left[unit[0]][count === 1 ? 0 : 1].replace("{}", count);
  }

  document.addEventListener("km:progress", function (event) {
    var box = document.getElementById("job-progress"), said = words(), now = event.detail;
    if (!box || !now.total) return;
    var percent = Math.min(100, Math.round(100 * now.done / now.total));
    box.hidden = false;
    var prepares = document.getElementById("job-prepares");
    if (prepares) prepares.remove();
    box.querySelector("[data-part=done]").textContent = said.done.replace("{done}", counted(now.done))
      .replace("{total}", counted(now.total)).replace("{unit}", said.units[now.unit] || now.unit);
    box.querySelector("[data-part=left]").textContent = left(now.eta_s, said);
    box.querySelector("[role=progressbar]").setAttribute("aria-valuenow", percent);
    box.querySelector("[role=progressbar] > span").style.width = percent + "%";
  });

  document.addEventListener("km:partial", function (event) {
    var card = document.getElementById("job-texts");
    if (!card) return;
    card.hidden = false;
    event.detail.pieces.forEach(function (piece) {
      var box = card.querySelector('[data-index="' + Number(piece.index) + '"]');
      if (!box) {
        box = card.querySelector("template").content.firstElementChild.cloneNode(true);
        box.dataset.index = piece.index;
        box.querySelector("span").textContent = piece.index;
        card.append(box);
      }
      var text = box.querySelector("pre");  // `at` counts characters, as the engine does
      text.textContent = Array.from(text.textContent).slice(0, piece.at).join("") + piece.text;
    });
  });
}());
