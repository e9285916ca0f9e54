// The curves of a job: drawn from what the page brings, and longer by a point with each metric event.
// Losses share a chart; each figure that says how good the model is (words.qualities) has its own below it.
(function () {
  "use strict";
  var series = new Map();  // name -> Map of step -> value
  var due = false;

  function put(name, step, value) {
    if (typeof value !== "number") return;
    if (!series.has(name)) series.set(name, new Map());
    series.get(name).set(step, value);
  }
  function draw() {
    due = false;
    var card = document.getElementById("job-curve-card"), words = JSON.parse(document.getElementById("job-words").textContent);
    if (!card || !series.size) return;
    card.hidden = false;
    var names = Array.from(series.keys()).sort();
    function line(name) {
      var points = Array.from(series.get(name)).sort(function (one, other) { return one[0] - other[0]; });
      return { label: words.curves[name] || name.replace(/_/g, " "), points: points };
    }
    var losses = names.filter(function (name) { return !(name in words.qualities); });
    window.kmCurves.draw(document.getElementById("job-curve"), losses.map(line), { x: words.step, y: words.value });
    Object.keys(words.qualities).filter(function (name) { return series.has(name); }).forEach(function (name) {
      window.kmCurves.draw(chart(name, line(name).label, words.qualities[name]), [line(name)], { x: words.step, y: words.value });
    });
  }
  function chart(name, title, way) {  // each figure has a scale of its own, and so a chart of its own
    var canvas = document.getElementById("job-quality-" + name);
    if (canvas) return canvas;
    var whole = document.getElementById("job-quality").content.cloneNode(true);
    whole.querySelector("[data-part=title]").textContent = title;
    whole.querySelector("[data-part=way]").textContent = way;
    whole.querySelector("caption").textContent = title;
    canvas = whole.querySelector("canvas");
    canvas.id = "job-quality-" + name;
    canvas.setAttribute("aria-label", title);
    document.getElementById("job-qualities").append(whole);
    return canvas;
  }
  function soon() {
    if (!due) { due = true; requestAnimationFrame(draw); }
  }

  document.addEventListener("km:told", function (event) {
    Object.entries(event.detail.curve).forEach(function (pair) {
      pair[1].forEach(function (point) { put(pair[0], point[0], point[1]); });
    });
    soon();
  });
  document.addEventListener("km:metric", function (event) {
    Object.entries(event.detail.values).forEach(function (pair) { put(pair[0], event.detail.step, pair[1]); });
    soon();
  });
}());
