// Sends one file in pieces (tus 1.0): it goes on after a pause, a broken connection, a reload or a closed tab.
// window.kmUpload(file, facts, told) returns {start, pause, giveUp}; `told` is called with what happens.
(function () {
  "use strict";
  var CHUNK = 6 * 1024 * 1024;
  var PREFIX = "km-upload:";
  var KEPT_MS = 24 * 3600 * 1000;
  var MOST_TRIES = 20;
  var VERSION = { "Tus-Resumable": "1.0.0" };

  function remembered(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch (broken) { return null; }
  }

  function remember(key, what) {
    try {
      if (what) localStorage.setItem(key, JSON.stringify(what)); else localStorage.removeItem(key);
    } catch (full) { /* it is sent all the same; after a reload it begins anew */ }
  }

  function coded(text) {
    var bytes = new TextEncoder().encode(text), plain = "";
    bytes.forEach(function (byte) { plain += String.fromCharCode(byte); });
    return btoa(plain);
  }

  function csrf() {
    var field = document.querySelector("input[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }

  function ask(method, url, headers, body, progress) {
    var xhr = new XMLHttpRequest();
    var done = new Promise(function (answered) {
      xhr.open(method, url);
      Object.keys(Object.assign(headers, VERSION)).forEach(function (name) { xhr.setRequestHeader(name, headers[name]); });
      xhr.setRequestHeader("X-CSRFToken", csrf());
      xhr.onloadend = function () { answered(xhr); };  // status 0: broken or aborted
      if (progress) xhr.upload.onprogress = function (event) { progress(event.loaded); };
      xhr.send(body || null);
    });
    return { xhr: xhr, done: done };
  }

  // Uploads of this person that were begun in this browser and not used yet.
  window.kmUnfinished = function (user) {
    var found = [];
    for (var i = 0; i < localStorage.length; i += 1) {
      var key = localStorage.key(i), told = key.indexOf(PREFIX + user + ":") === 0 && remembered(key);
      if (told) found.push(Object.assign(told, { key: key, old: Date.now() - told.at > KEPT_MS }));
    }
    found.filter(function (one) { return one.old; }).forEach(function (one) { remember(one.key, null); });
    return found.filter(function (one) { return !one.old; });
  };

  window.kmForget = function (one) {
    remember(one.key, null);
    return ask("DELETE", one.url, {}).done;
  };

  window.kmUpload = function (file, facts, told) {
    var key = [PREFIX + facts.user, file.name, file.size, file.lastModified].join(":");
    var url = "", offset = 0, tries = 0, running = false, current = null, timer = 0, marks = [];

    function moved(bytes) {
      var now = Date.now(), at = offset + bytes;
      marks.push([now, at]);
      marks = marks.filter(function (mark) { return now - mark[0] < 8000; });
      var first = marks[0], speed = now > first[0] ? (at - first[1]) * 1000 / (now - first[0]) : 0;
      told.progress({ done: at, total: file.size, speed: speed, left: speed > 0 ? (file.size - at) / speed : null });
    }

    function fail(code, why) {
      running = false;
      told.failed(code, why || "");
    }

    function refused(xhr) {
      if (xhr.status === 401) return fail("session");
      var said = {};
      try { said = JSON.parse(xhr.responseText); } catch (broken) { /* a proxy's own page */ }
      if (xhr.status === 403 && said.code !== "forbidden") return fail("session");  // the token of the form is old
      return fail(said.code || "failed", said.detail || String(xhr.status));
    }

    function later() {
      marks = [];
      tries += 1;
      if (tries > MOST_TRIES) return fail("broken");
      var wait = Math.min(30, Math.pow(2, tries - 1));
      told.retries(wait);
      timer = setTimeout(look, wait * 1000);
    }

    function create() {
      var home = facts.dataset ? "dataset " + coded(facts.dataset) : "project " + coded(told.project());
      var headers = { "Upload-Length": String(file.size), "Upload-Metadata": "filename " + coded(file.name) + "," + home };
      ask("POST", facts.url, headers).done.then(function (xhr) {
        if (!running) return;
        if (xhr.status === 0 || xhr.status >= 500 && xhr.status !== 507) return later();
        if (xhr.status !== 201) return refused(xhr);
        url = xhr.getResponseHeader("Location");
        offset = 0;
        remember(key, { url: url, name: file.name, size: file.size, at: Date.now() });
        told.begins(0);
        send();
      });
    }

    function look() {  // where the platform stands, then on from there
      clearTimeout(timer);
      var known = remembered(key);
      if (known) url = known.url;
      if (!url) return create();
      ask("HEAD", url, {}).done.then(function (xhr) {
        if (!running) return;
        if (xhr.status === 404 || xhr.status === 410) { remember(key, null); url = ""; return create(); }
        if (xhr.status !== 200) return xhr.status === 401 ? fail("session") : later();
        offset = Number(xhr.getResponseHeader("Upload-Offset"));
        told.begins(offset);
        send();
      });
    }

    function send() {
      moved(0);
      if (offset >= file.size) {
        running = false;
        return told.arrived(url.split("/").pop());
      }
      file.slice(offset, offset + 1).arrayBuffer().then(function () {
        if (running) piece();
      }, function () { fail("unreadable"); });
    }

    function piece() {
      var headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
      current = ask("PATCH", url, headers, file.slice(offset, offset + CHUNK), moved);
      current.done.then(function (xhr) {
        if (!running) return;
        if (xhr.status === 204) {
          offset = Number(xhr.getResponseHeader("Upload-Offset"));
          tries = 0;
          remember(key, { url: url, name: file.name, size: file.size, at: Date.now(), whole: offset >= file.size });
          return send();
        }
        if (xhr.status === 401 || xhr.status === 403 || xhr.status === 507) return refused(xhr);
        later();  // broken, or another piece is still being written, or this one did not fit: it looks again
      });
    }

    window.addEventListener("online", function () { if (running && tries) look(); });
    return {
      start: function () { if (!running) { running = true; tries = 0; look(); } },
      pause: function () {
        running = false;
        clearTimeout(timer);
        marks = [];
        if (current) current.xhr.abort();
      },
      giveUp: function () {
        this.pause();
        return url ? window.kmForget({ key: key, url: url }) : Promise.resolve();
      },
      forget: function () { remember(key, null); }
    };
  };
}());
