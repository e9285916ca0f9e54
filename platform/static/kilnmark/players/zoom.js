// A picture in whole steps: each of its pixels is 1, 2, 4 or 8 pixels of the screen, or it fits its frame.
(function () {
  "use strict";
  Array.prototype.forEach.call(document.querySelectorAll("[data-zoom]"), function (box) {
    var frame = box.querySelector(".km-zoom-frame"), picture = frame.querySelector("img");
    var steps = box.querySelectorAll("[data-scale]"), size = box.querySelector("[data-size]");

    function scale(to) {
      frame.classList.toggle("km-scaled", to !== "fit");
      picture.style.width = to === "fit" ? "" : picture.naturalWidth * Number(to) + "px";
      Array.prototype.forEach.call(steps, function (one) {
        one.setAttribute("aria-pressed", String(one.dataset.scale === to));
      });
    }

    function measured() { size.textContent = picture.naturalWidth + " × " + picture.naturalHeight + " px"; }

    Array.prototype.forEach.call(steps, function (one) {
      one.addEventListener("click", function () { scale(one.dataset.scale); });
    });
    box.querySelector(".km-zoom-steps").hidden = false;
    if (picture.complete && picture.naturalWidth) measured(); else picture.addEventListener("load", measured);
  });
})();
