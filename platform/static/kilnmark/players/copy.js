// Buttons that copy a text: <button data-copies-text="ID" hidden>, and beside it where to say that it was done.
(function () {
  "use strict";
  Array.prototype.forEach.call(document.querySelectorAll("[data-copies-text]"), function (button) {
    var said = button.parentNode.querySelector("[data-copied]");
    button.hidden = false;
    button.addEventListener("click", function () {
      var text = document.getElementById(button.dataset.copiesText).textContent;
      var copied = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject();
      copied.then(function () { said.textContent = said.dataset.copied; },
                  function () { said.textContent = said.dataset.fails; });
    });
  });
})();
