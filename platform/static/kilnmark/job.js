// The live page of a job: the curve, the slider over sample grids, and the event stream that says when to look again.
(function () {
  "use strict";
  var page = document.getElementById("job-page");
  if (!page) return;
  var COLOURS = ["#c2541b", "#2563eb", "#059669", "#7c3aed", "#db2777", "#ca8a04"];
  var canvas = document.getElementById("job-curve");
  var picture = document.getElementById("job-sample");
  var slider = document.getElementById("job-slider");
  var chart = null;
  var samples = [];

  function curveOf(series) {
    return Object.keys(series).sort().map(function (name, index) {
      return {
        label: name, borderColor: COLOURS[index % COLOURS.length], backgroundColor: COLOURS[index % COLOURS.length],
        borderWidth: 1.5, pointRadius: 0, tension: 0,
        data: series[name].map(function (point) { return { x: point[0], y: point[1] }; })
      };
    });
  }

  function draw(series) {
    var names = Object.keys(series);
    document.getElementById("job-curve-card").hidden = names.length === 0;
    if (!names.length || !window.Chart) return;
    if (!chart) {
      chart = new window.Chart(canvas, {
        type: "line",
        data: { datasets: [] },
        options: {
          animation: false, responsive: true, maintainAspectRatio: false, normalized: true,
          interaction: { mode: "nearest", axis: "x", intersect: false },
          scales: { x: { type: "linear", title: { display: true, text: page.dataset.stepWord } }, y: {} },
          plugins: { legend: { display: true, position: "bottom", labels: { boxWidth: 12 } } }
        }
      });
    }
    chart.data.datasets = curveOf(series);
    chart.update("none");
  }

  function show(index) {
    var sample = samples[index];
    if (!sample) return;
    if (picture.getAttribute("src") !== sample.url) picture.setAttribute("src", sample.url);
    picture.alt = page.dataset.sampleWord.replace("{}", sample.step);
    document.getElementById("job-sample-step").textContent = sample.step;
    slider.setAttribute("aria-valuetext", picture.alt);
  }

  function follow(list) {
    var newest = Number(slider.value) >= samples.length - 1;
    samples = list;
    document.getElementById("job-sample-card").hidden = list.length === 0;
    slider.max = Math.max(0, list.length - 1);
    slider.parentElement.hidden = list.length < 2;
    if (newest) slider.value = slider.max;
    show(Number(slider.value));
  }

  function read() {
    var told = document.getElementById("job-data");
    if (!told) return;
    var data = JSON.parse(told.textContent);
    draw(data.curve);
    follow(data.samples);
  }

  function listen() {
    var waiting = null;
    var stream = new EventSource(page.dataset.events);
    function look() {
      if (waiting) return;
      waiting = setTimeout(function () { waiting = null; window.htmx.trigger("#job-live", "look"); }, 1500);
    }
    ["message", "state", "progress", "metric", "sample", "log", "checkpoint", "facts", "partial"].forEach(function (type) {
      stream.addEventListener(type, look);
    });
    stream.addEventListener("end", function () { stream.close(); look(); });
    document.body.addEventListener("htmx:afterSwap", read);
  }

  slider.addEventListener("input", function () { show(Number(slider.value)); });
  document.addEventListener("DOMContentLoaded", function () {
    read();
    if (page.dataset.events) listen();  // without a stream, htmx goes on asking every few seconds
  });
}());
