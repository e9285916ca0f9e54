// Dropping a file anywhere on the field chooses it; the form is sent at once.
(function () {
  "use strict";
  var field = document.querySelector("#verify-form input[type=file]");
  if (!field) return;
  ["dragenter", "dragover"].forEach(function (name) {
    field.addEventListener(name, function () { field.classList.add("km-over"); });
  });
  ["dragleave", "drop"].forEach(function (name) {
    field.addEventListener(name, function () { field.classList.remove("km-over"); });
  });
  field.addEventListener("change", function () { if (field.files.length) field.form.requestSubmit(); });
}());
