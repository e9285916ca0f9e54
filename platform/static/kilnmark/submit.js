// The form of a job: presets fill it in, what differs from the defaults is marked, and answers of the live check
// (htmx posts the form while one types) are tied to their fields.
(function () {
  "use strict";

  function told() {
    var data = document.getElementById("job-script");
    return data ? JSON.parse(data.textContent) : { words: [], defaults: {}, presets: {} };
  }

  function fieldOf(form, name) {
    var found = form.elements.namedItem(name);
    return found && found.type ? found : null;
  }

  function valueOf(field) { return field.type === "checkbox" ? field.checked : field.value.trim(); }

  function same(one, other) {
    if (typeof other === "boolean") return one === other;
    if (typeof other === "number") return one !== "" && Number(one) === other;
    return String(one) === String(other);
  }

  function written(value) { return typeof value === "boolean" ? told().words[value ? 0 : 1] : String(value); }

  function wordOf(field, value) {
    var option = field.options && Array.prototype.find.call(field.options, function (one) { return one.value === value; });
    return option ? option.text : written(value);
  }

  function mark(form) {
    var data = told(), template = document.getElementById("changed-word");
    Object.keys(data.defaults).forEach(function (name) {
      var field = fieldOf(form, name), box = field && field.closest("[data-field]");
      var place = box && box.querySelector(".km-changed");
      if (!place) return;
      var now = valueOf(field), usual = data.defaults[name];
      var differs = !same(now, usual) && now !== "";
      place.hidden = !differs;
      place.textContent = differs ? template.content.textContent.replace("{}", wordOf(field, usual)) : "";
      box.classList.toggle("km-differs-field", differs);
    });
    press(form, data);
    showThen(form);
  }

  function showThen(form) {  // what is asked of a job that comes then only matters where it is switched on
    form.querySelectorAll("input[type=checkbox][name^=then_]").forEach(function (wanted) {
      form.querySelectorAll("[data-field^='" + wanted.name + "_']").forEach(function (box) {
        box.hidden = !wanted.checked && !box.querySelector(".km-errors");
      });
    });
  }

  function press(form, data) {
    document.querySelectorAll("button[name=preset]").forEach(function (button) {
      var values = data.presets[button.value] || {};
      var matches = Object.keys(values).every(function (name) {
        var field = fieldOf(form, name);
        return !field || same(valueOf(field), values[name]) || (valueOf(field) === "" && same(String(values[name]), data.defaults[name]));
      });
      button.setAttribute("aria-pressed", matches ? "true" : "false");
    });
  }

  function fill(form, values) {
    Object.keys(values).forEach(function (name) {
      var field = fieldOf(form, name);
      if (!field) return;
      if (field.type === "checkbox") field.checked = values[name];
      else field.value = values[name];
    });
    mark(form);
    form.dispatchEvent(new CustomEvent("presets"));
  }

  function tie(form) {
    form.querySelectorAll(".km-error-place").forEach(function (place) {
      var field = document.getElementById(place.id.replace(/_error$/, ""));
      if (!field) return;
      var wrong = place.childElementCount > 0;
      var names = (field.getAttribute("aria-describedby") || "").split(" ").filter(function (one) { return one && one !== place.id; });
      if (wrong) names.unshift(place.id);
      if (names.length) field.setAttribute("aria-describedby", names.join(" "));
      else field.removeAttribute("aria-describedby");
      if (wrong) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
      var more = wrong && place.closest("details");
      if (more) more.open = true;
    });
  }

  function form() { return document.getElementById("job-form"); }

  document.addEventListener("input", function (event) {
    if (form() && form().contains(event.target)) mark(form());
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[name=preset]"), values = button && told().presets[button.value];
    if (!button || !form() || !values) return;
    event.preventDefault();
    fill(form(), values);
  });
  document.addEventListener("htmx:afterSettle", function () { if (form()) tie(form()); });
  if (form()) {
    mark(form());
    tie(form());
    var first = form().querySelector("[aria-invalid=true]:not([type=hidden])");
    if (first) first.focus();
  }
})();
