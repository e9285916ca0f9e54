// The overlaid curves of a comparison: a chart for each series, a line for each training, along steps or the time worked.
(function () {
  "use strict";
  var SECONDS = 60;

  function begin() {
    var told = document.getElementById("compare-data"), axis = document.getElementById("compare-axis");
    if (!told || !axis || !window.kmCurves) return;
    var data = JSON.parse(told.textContent);

    function draw(first) {
      var picked = axis.querySelector("input:checked");
      var byTime = picked.value === "1";
      data.curves.forEach(function (lines, at) {
        var canvas = document.getElementById("curve-" + at);
        var box = canvas.closest(".km-curves");
        var reset = box && box.querySelector("[data-part=reset]");
        if (!first && reset && !reset.disabled) reset.click();  // a span of steps is no span of minutes
        var chart = window.kmCurves.draw(canvas, lines.map(function (line, index) {
          return {
            label: data.runs[index].label, dash: data.runs[index].dash,
            points: line.points.map(function (point) { return [byTime ? point[1] / SECONDS : point[0], point[2]]; })
          };
        }), { x: picked.dataset.word });
        if (!chart || first) return;
        chart.options.scales.x.title.text = picked.dataset.word;
        chart.update("none");
      });
    }
    axis.addEventListener("change", function () { draw(false); });
    draw(true);
  }

  document.addEventListener("DOMContentLoaded", begin);
}());
