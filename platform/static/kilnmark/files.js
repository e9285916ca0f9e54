// File fields: the browser shows what was chosen; on the verify page a dropped or chosen file is sent at once.
(function () {
  "use strict";
  document.querySelectorAll("input.km-file").forEach(function (field) {
    field.hasChangeListener = true;  // django-unfold would write the name into a text field that is not there
    ["dragenter", "dragover"].forEach(function (name) {
      field.addEventListener(name, function () { field.classList.add("km-over"); });
    });
    ["dragleave", "drop"].forEach(function (name) {
      field.addEventListener(name, function () { field.classList.remove("km-over"); });
    });
    if (field.form.id === "verify-form") {
      var button = field.form.querySelector("button");
      field.addEventListener("change", function () { if (field.files.length) field.form.requestSubmit(); });
      field.form.addEventListener("submit", function () { button.disabled = true; });  // once is enough
      var ready = function () { button.disabled = !field.files.length; };  // nothing to send, nothing to press
      ready();
      window.addEventListener("pageshow", ready);  // also when one comes back
    }
  });
}());
