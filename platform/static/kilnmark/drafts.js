// What is typed into a form outlives the session: it stays in this tab until the form was taken, and comes back with a
// notice. Passwords, hidden fields and files are never kept, and nobody but the person who typed sees it.
(function () {
  "use strict";
  var told = document.currentScript.dataset;
  var user = told.user || "";  // "" on pages before the login
  var PREFIX = "km-draft:";
  var KEPT_MS = 24 * 3600 * 1000;
  var SKIPPED = ["hidden", "password", "submit", "button", "reset", "image"];

  var NEVER = ["login-form", "logout-form", "welcome-form", "changelist-form"];

  function drafts() {
    return Object.keys(sessionStorage).filter(function (key) { return key.indexOf(PREFIX) === 0; });
  }

  function read(key) {
    try { return JSON.parse(sessionStorage.getItem(key)); } catch (broken) { return null; }
  }

  function write(key, draft) {
    try { sessionStorage.setItem(key, JSON.stringify(draft)); } catch (full) { /* the form works without */ }
  }

  function keeps(form) {
    return (form.method === "post" || form.dataset.draft) && !form.closest("[data-no-draft]") && NEVER.indexOf(form.id) < 0;
  }

  function keyOf(form) {
    var name = form.dataset.draft || form.id || form.getAttribute("action") || "";
    var where = form.dataset.draft ? " " + form.dataset.draft : location.search;  // its own word for what it is about
    return PREFIX + user + ":" + location.pathname + where + ":" + name;
  }

  function fieldsOf(form) {
    var byName = {};
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || SKIPPED.indexOf(field.type) >= 0 || field.closest("[data-no-draft]")) return;
      (byName[field.name] = byName[field.name] || []).push(field);
    });
    return byName;
  }

  function isChoice(field) { return field.type === "checkbox" || field.type === "radio"; }

  function valueOf(field) {
    if (isChoice(field)) return field.checked;
    if (field.type === "file") return field.files.length ? { file: true } : null;
    if (field.options) return Array.prototype.map.call(field.selectedOptions, function (one) { return one.value; });
    return field.value;
  }

  function asServed(field) {
    if (isChoice(field)) return field.defaultChecked;
    if (field.type === "file") return null;
    if (!field.options) return field.defaultValue;
    var chosen = Array.prototype.filter.call(field.options, function (one) { return one.defaultSelected; });
    if (!chosen.length && !field.multiple && field.options.length) chosen = [field.options[0]];
    return chosen.map(function (one) { return one.value; });
  }

  function keep(form) {
    if (!user || !keeps(form)) return;
    var key = keyOf(form), before = read(key), values = (before && before.values) || {}, fields = fieldsOf(form);
    Object.keys(fields).forEach(function (name) {
      var now = fields[name].map(valueOf);
      var changed = JSON.stringify(now) !== JSON.stringify(fields[name].map(asServed));
      if (changed || name in values) values[name] = now;
    });
    if (Object.keys(values).length) write(key, { values: values, at: Date.now() });
  }

  function put(field, value) {
    if (value === undefined || value === null || field.type === "file") return;
    if (isChoice(field)) field.checked = value;
    else if (!field.options) field.value = value;
    else Array.prototype.forEach.call(field.options, function (one) { one.selected = value.indexOf(one.value) >= 0; });
    var fold = field.closest("details");
    if (fold) fold.open = true;  // what comes back has to be seen
    ["input", "change"].forEach(function (type) { field.dispatchEvent(new Event(type, { bubbles: true })); });
  }

  function notice(form, key, files) {
    if (form.querySelector(".km-kept")) return;
    var box = document.createElement("div"), words = document.createElement("p"), button = document.createElement("button");
    box.className = "km-note km-kept";
    box.setAttribute("role", "status");
    words.textContent = told.kept + (files.length ? " " + told.files.replace("{}", files.join(", ")) : "");
    button.type = "button";
    button.className = "km-button";
    button.textContent = told.discard;
    button.addEventListener("click", function () {
      form.reset();
      box.remove();
      sessionStorage.removeItem(key);
      form.dispatchEvent(new Event("change", { bubbles: true }));
      sessionStorage.removeItem(key);  // which those who listen may have written anew
      var first = Array.prototype.find.call(form.elements, function (one) { return one.offsetParent; });
      if (first) first.focus();
    });
    box.append(words, button);
    form.prepend(box);
  }

  function labelOf(field) { return field.labels && field.labels.length ? field.labels[0].innerText.replace(/\s*\*$/, "") : field.name; }

  function restore(form) {
    var key = keyOf(form), draft = read(key);
    if (!draft || !keeps(form)) return;
    var fields = fieldsOf(form), files = [], any = false;
    Object.keys(draft.values).forEach(function (name) {
      (fields[name] || []).forEach(function (field, index) {
        var value = draft.values[name][index];
        if (value && value.file) files.push(labelOf(field));
        if (JSON.stringify(value) === JSON.stringify(valueOf(field)) || value === undefined) return;
        any = any || value !== null;
        put(field, value);
      });
    });
    if (any || files.length) notice(form, key, files);
  }

  function settle() {  // which drafts are still good for something on this page
    drafts().forEach(function (key) {
      var draft = read(key), own = key.indexOf(PREFIX + user + ":") === 0;
      if (!draft || Date.now() - draft.at > KEPT_MS) return sessionStorage.removeItem(key);
      if (!user) {  // a page before the login: what was sent did not arrive
        if (draft.sent) { draft.sent = false; write(key, draft); }
      } else if (!own) {
        sessionStorage.removeItem(key);  // somebody else uses this tab now
      } else if (draft.sent) {
        if (told.refused || told.answer) { draft.sent = false; write(key, draft); } else sessionStorage.removeItem(key);
      }
    });
  }

  function restoreAll() {
    if (user && !told.answer) Array.prototype.forEach.call(document.forms, restore);  // an answer holds what was typed
  }

  function note(event) {
    var form = event.target.form || event.target;
    if (form instanceof HTMLFormElement) keep(form);
  }

  document.addEventListener("input", note);
  document.addEventListener("change", note);
  document.addEventListener("submit", function (event) {
    if (event.target.id === "logout-form") return drafts().forEach(function (key) { sessionStorage.removeItem(key); });
    if (event.defaultPrevented || !keeps(event.target)) return;
    keep(event.target);
    var key = keyOf(event.target), draft = read(key);
    if (draft) { draft.sent = true; write(key, draft); }
  });
  window.kmDrafts = {
    done: function (form) { sessionStorage.removeItem(keyOf(form)); }  // for scripts that send a form themselves
  };
  document.addEventListener("DOMContentLoaded", function () { settle(); restoreAll(); });
  document.addEventListener("htmx:afterSettle", restoreAll);
}());
