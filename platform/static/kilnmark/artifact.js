// The page of an artifact: the arrow keys lead to its neighbours, where no field, player or frame wants them.
(function () {
  "use strict";
  var WANTS = "input, textarea, select, audio, video, dialog, summary, [contenteditable], .km-zoom-frame, .km-scroll, pre, [role=tablist]";
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    var rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (!rel || event.target.closest(WANTS)) return;
    var link = document.querySelector("a[rel=" + rel + "]");
    if (link) link.click();
  });
})();
