// A part of a page that cannot be fetched any more, because the session has ended: said once, with the way back.
(function () {
  "use strict";
  var told = document.currentScript.dataset;
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status !== 401 || document.getElementById("km-session")) return;
    var box = document.createElement("div"), words = document.createElement("p"), link = document.createElement("a");
    box.id = "km-session";
    box.className = "km-alarm";
    box.setAttribute("role", "alert");
    words.textContent = told.ended + " ";
    link.className = "km-link";
    link.href = told.login + "?next=" + encodeURIComponent(location.pathname + location.search);
    link.textContent = told.again;
    words.append(link);
    box.append(words);
    (document.getElementById("content") || document.body).prepend(box);
  });
}());
