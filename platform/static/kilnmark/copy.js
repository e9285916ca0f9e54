// "Copy" beside something that is shown once; without the clipboard (plain http) it is selected, ready for the keyboard.
(function () {
  "use strict";
  document.querySelectorAll("button[data-copies]").forEach(function (button) {
    var field = document.getElementById(button.dataset.copies), said = document.getElementById(button.dataset.says);
    button.hidden = false;
    button.addEventListener("click", function () {
      function tell() { if (said) said.textContent = button.dataset.done; }
      field.focus();
      field.select();
      if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(tell, function () { document.execCommand("copy"); tell(); });
      else if (document.execCommand("copy")) tell();
    });
  });
}());
