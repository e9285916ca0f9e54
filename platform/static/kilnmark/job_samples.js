// The sample grids of a training over time: a slider, and a button that plays them one after the other.
(function () {
  "use strict";
  var EACH_MS = 700;
  var steps = [], playing = null;

  function one(id) { return document.getElementById(id); }
  function words() { return JSON.parse(one("job-words").textContent); }
  function address(step) { return "/api/v1/jobs/" + one("job-page").dataset.job + "/samples/" + step; }
  function counted(step) { return Number(step).toLocaleString(document.documentElement.lang || "en"); }

  function show() {
    var step = steps[Number(one("job-slider").value)], picture = one("job-sample"), said = words();
    if (step === undefined) return;
    if (picture.getAttribute("src") !== address(step)) picture.setAttribute("src", address(step));
    picture.alt = said.sample.replace("{}", counted(step));
    one("job-sample-step").textContent = said.at.replace("{}", counted(step));
    one("job-slider").setAttribute("aria-valuetext", picture.alt);
  }
  function add(found) {
    var slider = one("job-slider"), newest = Number(slider.value) >= steps.length - 1;
    steps = Array.from(new Set(steps.concat(found))).sort(function (first, second) { return first - second; });
    one("job-sample-card").hidden = !steps.length;
    slider.max = Math.max(0, steps.length - 1);
    one("job-play").parentElement.classList.toggle("km-single", steps.length < 2);
    if (newest && !playing) slider.value = slider.max;
    show();
  }
  function play(on) {
    var button = one("job-play"), said = words();
    if (on === Boolean(playing)) return;
    clearInterval(playing);
    playing = on ? setInterval(forward, EACH_MS) : null;
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("[data-part=word]").textContent = on ? said.pause : said.play;
    button.querySelector(".material-symbols-outlined").textContent = on ? "pause" : "play_arrow";
  }
  function forward() {
    var slider = one("job-slider");
    if (Number(slider.value) >= steps.length - 1) { play(false); return; }
    slider.value = Number(slider.value) + 1;
    show();
    if (steps[Number(slider.value) + 1] !== undefined) new Image().src = address(steps[Number(slider.value) + 1]);
  }

  document.addEventListener("km:told", function (event) {
    add(event.detail.samples.map(function (sample) { return sample.step; }));
  });
  document.addEventListener("km:sample", function (event) { add([event.detail.step]); });
  document.addEventListener("DOMContentLoaded", function () {
    if (!one("job-slider")) return;
    one("job-slider").addEventListener("input", function () { play(false); show(); });
    one("job-slider").addEventListener("keydown", function (event) {
      if (event.key !== " ") return;
      event.preventDefault();
      one("job-play").click();
    });
    one("job-play").addEventListener("click", function () {
      if (!playing && Number(one("job-slider").value) >= steps.length - 1) { one("job-slider").value = 0; show(); }
      play(!playing);
    });
  });
}());
