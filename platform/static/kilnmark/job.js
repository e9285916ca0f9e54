// The page of a job follows its event stream: each event is handed on as km:<type> to the scripts of the parts, and what
// only the server can say (a change of state and its reason, attempts, the result) is fetched by htmx. Without a stream
// the page looks every 3 seconds.
(function () {
  "use strict";
  var LOOK_EVERY_MS = 3000, AGAIN_MS = 30000, SOON_MS = 250;
  var TYPES = ["progress", "metric", "sample", "log", "state", "facts", "checkpoint", "partial"];
  var page, stream = null, polling = null, soon = null, after = "0", over = false;

  function tell(type, detail) { document.dispatchEvent(new CustomEvent("km:" + type, { detail: detail })); }

  function look() {  // fetch the parts; several changes in a moment are one fetch
    if (soon) return;
    soon = setTimeout(function () { soon = null; fetchParts(false); }, SOON_MS);
  }
  function fetchParts(told) {
    var live = document.getElementById("job-live");
    live.setAttribute("hx-vals", told ? '{"told": "1"}' : "{}");
    window.htmx.trigger(live, "look");
    tell("log", {});
  }
  function poll(on) {
    document.getElementById("job-polls").hidden = !on;
    if (on && !polling && !over) polling = setInterval(function () { fetchParts(true); }, LOOK_EVERY_MS);
    if (!on && polling) { clearInterval(polling); polling = null; }
  }
  function end() {
    over = true;
    if (stream) stream.close();
    poll(false);
    fetchParts(true);
  }

  function listen() {
    if (over) return;
    stream = new EventSource(page.dataset.events + "?after=" + after);
    stream.addEventListener("open", function () { poll(false); });
    stream.addEventListener("error", function () {
      poll(true);
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
    });
    TYPES.forEach(function (type) {
      stream.addEventListener(type, function (event) {
        if (event.lastEventId) after = event.lastEventId;
        var said = JSON.parse(event.data);
        tell(type, type === "progress" ? said : said.data);
        if (type === "state" || type === "facts" || type === "checkpoint") look();
      });
    });
    stream.addEventListener("end", end);
  }

  function read() {
    var told = document.getElementById("job-data");
    if (told) tell("told", JSON.parse(told.textContent));
  }
  function keepOpen() {  // what somebody has unfolded stays so when the part around it is swapped
    var open = [];
    document.body.addEventListener("htmx:beforeSwap", function () {
      open = Array.from(document.querySelectorAll("#job-page details[open][id]")).map(function (one) { return one.id; });
    });
    document.body.addEventListener("htmx:afterSwap", function (event) {
      open.forEach(function (id) {
        var one = document.getElementById(id);
        if (one) one.open = true;
      });
      if (event.target.id !== "job-live") return;
      read();
      var first = document.querySelectorAll("#job-data");
      if (first.length > 1) first[first.length - 1].remove();
      if (polling && document.querySelector("#job-live [data-ended]")) end();
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    page = document.getElementById("job-page");
    if (!page) return;
    read();
    keepOpen();
    if (!page.dataset.events) return;
    after = page.dataset.after;
    listen();
  });
  window.addEventListener("pagehide", function () { if (stream) stream.close(); });
}());
