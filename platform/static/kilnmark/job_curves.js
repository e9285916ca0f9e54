// The curves of a job: drawn from what the page brings, and longer by a point with each metric event.
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
    window.kmCurves.draw(document.getElementById("job-curve"), names.map(function (name) {
      var points = Array.from(series.get(name)).sort(function (one, other) { return one[0] - other[0]; });
      return { label: words.curves[name] || name.replace(/_/g, " "), points: points };
    }), { x: words.step, y: words.value });
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
