// The file of a form is sent while the rest is filled in: progress, pause, another file, and on after a reload.
(function () {
  "use strict";
  var SIZES = ["B", "KB", "MB", "GB", "TB"];

  function size(bytes) {
    var step = 0;
    while (bytes >= 1024 && step < SIZES.length - 1) { bytes /= 1024; step += 1; }
    return bytes.toFixed(step && bytes < 100 ? 1 : 0) + " " + SIZES[step];
  }

  function filled(words, values) {
    return words.replace(/\{(\w+)\}/g, function (whole, name) { return name in values ? values[name] : whole; });
  }

  function begin(box) {
    var form = box.closest("form"), field = form.querySelector("input[type=file]"), hidden = form.elements.upload;
    var facts = JSON.parse(document.getElementById("upload-facts").textContent), words = facts.words;
    var part = function (name) { return box.querySelector("[data-part=" + name + "]"); };
    var endings = (field.dataset.endings || "").split(",").filter(Boolean);
    var upload = null, file = null, percent = 0, waits = false, spoken = 0;
    var status = part("status"), live = part("live"), bar = part("bar");

    function show(what) {
      ["going", "unfinished", "arrived"].forEach(function (name) { part(name).hidden = name !== what; });
    }

    function say(name, values) {
      var about = { name: file ? file.name : "", total: file ? size(file.size) : "", percent: percent };
      status.textContent = live.textContent = filled(words[name], Object.assign(about, values || {}));
      status.classList.remove("km-errors");
    }

    function buttons(state) {
      part("pause").hidden = state !== "sending";
      part("resume").hidden = state !== "paused";
    }

    function time(seconds) {
      if (seconds < 90) return filled(words.seconds, { n: Math.ceil(seconds) });
      if (seconds < 5400) return filled(words.minutes, { n: Math.round(seconds / 60) });
      return filled(words.hours, { n: (seconds / 3600).toFixed(1) });
    }

    function refuse(code, why) {
      var about = { name: file ? file.name : "", types: endings.join(", ") };
      var known = words[code] ? filled(words[code], about) : filled(words.failed, { why: why || code });
      show("going");
      status.textContent = known;
      live.textContent = "";
      status.classList.add("km-errors");
      part("alert").textContent = known;
      waits = false;
      buttons(["session", "broken", "disk_full"].indexOf(code) >= 0 && upload ? "paused" : "");
      part("name").textContent = file ? file.name : "";
    }

    var told = {
      project: function () { return form.elements.project ? form.elements.project.value : ""; },
      begins: function (offset) {
        percent = Math.floor(100 * offset / file.size);
        spoken = percent;
        say(offset ? "resumes" : "begins");
        buttons("sending");
      },
      progress: function (now) {
        percent = Math.floor(100 * now.done / now.total);
        bar.parentNode.setAttribute("aria-valuenow", percent);
        bar.style.width = percent + "%";
        if (now.left === null) return;
        status.textContent = filled(words.sending, {
          percent: percent, done: size(now.done), total: size(now.total), speed: size(now.speed), left: time(now.left)
        });
        if (percent >= spoken + 25) { spoken = percent; live.textContent = filled(words.percent, { percent: percent }); }
      },
      retries: function (seconds) { say("retries", { seconds: seconds }); },
      failed: refuse,
      arrived: function (id) {
        hidden.value = id;
        show("arrived");
        part("whole").textContent = live.textContent = filled(words.arrived, { name: file.name, total: size(file.size) });
        if (waits) { waits = false; form.requestSubmit(); }
      }
    };

    function take(files) {
      part("alert").textContent = "";
      if (upload) upload.pause();
      upload = null;
      hidden.value = "";
      file = files[0];
      if (files.length > 1) { field.value = ""; return refuse("several"); }
      if (endings.length && !endings.some(function (end) { return file.name.toLowerCase().endsWith(end); })) {
        field.value = "";
        return refuse("wrong_kind");
      }
      if (!file.size) { field.value = ""; return refuse("empty_file"); }
      if (file.size > facts.most) { field.value = ""; return refuse("too_large"); }
      if (form.elements.builtin) form.elements.builtin.value = "";
      part("name").textContent = file.name;
      bar.style.width = "0";
      show("going");
      upload = window.kmUpload(file, facts, told);
      upload.start();
    }

    function unfinished() {
      var left = window.kmUnfinished(facts.user)[0];
      if (!left || hidden.value) return;
      part("left").textContent = filled(left.whole ? words.unused : words.unfinished, { name: left.name, total: size(left.size) });
      part("forget").onclick = function () {
        window.kmForget(left).then(function () { show(""); unfinished(); live.textContent = words.given_up; field.focus(); });
      };
      show("unfinished");
    }

    field.removeAttribute("name");  // its bytes go their own way
    field.addEventListener("change", function () { if (field.files.length) take(field.files); });
    ["dragenter", "dragover"].forEach(function (name) {
      box.addEventListener(name, function (event) { event.preventDefault(); field.classList.add("km-over"); });
    });
    box.addEventListener("dragleave", function () { field.classList.remove("km-over"); });
    box.addEventListener("drop", function (event) {
      event.preventDefault();
      field.classList.remove("km-over");
      var entry = event.dataTransfer.items[0] && event.dataTransfer.items[0].webkitGetAsEntry;
      var folder = entry && event.dataTransfer.items[0].webkitGetAsEntry();
      if (folder && folder.isDirectory) return refuse("several");
      if (event.dataTransfer.files.length) take(event.dataTransfer.files);
    });
    part("pause").addEventListener("click", function () { upload.pause(); say("paused"); buttons("paused"); part("resume").focus(); });
    part("resume").addEventListener("click", function () { upload.start(); buttons("sending"); part("pause").focus(); });
    part("stop").addEventListener("click", function () {
      if (upload) upload.giveUp();
      upload = null;
      field.value = "";
      show("");
      live.textContent = words.given_up;
      field.focus();
    });
    part("other").addEventListener("click", function () { hidden.value = ""; show(""); field.value = ""; field.focus(); });
    form.addEventListener("submit", function (event) {
      if (upload && !hidden.value) {
        event.preventDefault();
        event.stopImmediatePropagation();
        waits = true;
        upload.start();
        return say("waits");
      }
      if (upload) upload.forget();
    }, true);
    box.dataset.ready = "1";
    unfinished();
  }

  function all() { document.querySelectorAll("[data-upload]:not([data-ready])").forEach(begin); }
  all();
  document.addEventListener("htmx:load", all);
}());
