// One slider over the sample grids of one or several trainings: each shows its newest grid at or before the chosen step.
// <div data-grids="ID of a json_script {grids: {steps, runs: [[[step, address]...]...]}}"> with data-part slider, picture, step.
(function () {
  "use strict";

  function begin(box) {
    var told = JSON.parse(document.getElementById(box.dataset.grids).textContent).grids;
    var slider = box.querySelector("[data-part=slider]");
    var output = box.querySelector("output");
    var places = Array.prototype.slice.call(box.querySelectorAll("li"));
    if (!slider || !told.steps.length) return;

    function word(step) { return box.dataset.sampleWord.replace("{}", step.toLocaleString(document.documentElement.lang || "en")); }
    function show() {
      var step = told.steps[Number(slider.value)];
      output.textContent = step.toLocaleString(document.documentElement.lang || "en");
      slider.setAttribute("aria-valuetext", word(step));
      places.forEach(function (place, index) {
        var grids = told.runs[index], picture = place.querySelector("[data-part=picture]");
        if (!picture || !grids.length) return;
        var shown = grids.filter(function (one) { return one[0] <= step; }).pop() || grids[0];
        if (picture.getAttribute("src") !== shown[1]) picture.setAttribute("src", shown[1]);
        picture.alt = word(shown[0]);
        place.querySelector("[data-part=step]").textContent = word(shown[0]);
      });
    }
    slider.max = told.steps.length - 1;
    slider.value = slider.max;
    slider.parentElement.hidden = told.steps.length < 2;
    slider.addEventListener("input", show);
    show();
  }

  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll("[data-grids]").forEach(begin); });
}());
