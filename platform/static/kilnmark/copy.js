// Buttons that copy a text: <button data-copies="ID" hidden>, and beside it [data-copied], where it is said. Without the
// clipboard (plain http) the text is selected and copied the older way.
(function () {
  "use strict";
  function select(place) {
    place.focus();
    if (place.select) place.select(); else window.getSelection().selectAllChildren(place);
  }
  document.querySelectorAll("button[data-copies]").forEach(function (button) {
    var place = document.getElementById(button.dataset.copies), said = button.parentNode.querySelector("[data-copied]");
    button.hidden = false;
    button.addEventListener("click", function () {
      var copied = navigator.clipboard ? navigator.clipboard.writeText(place.value || place.textContent) : Promise.reject();
      copied.catch(function () {
        select(place);
        if (!document.execCommand("copy")) throw new Error("not allowed");
      }).then(function () { said.textContent = said.dataset.copied; }, function () { said.textContent = said.dataset.fails; });
    });
  });
}());
