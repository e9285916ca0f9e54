// Curves over steps: zoomed by dragging, by ctrl and wheel, by keys; with a legend of buttons and a table for readers of text.
// window.kmCurves.draw(canvas, [{label, points: [[x, y]...], dash?}], {x: word, y: word}) draws, and draws anew what has changed.
// What stands around the canvas comes from pages/shared/curve.html; a canvas without it is drawn all the same.
(function () {
  "use strict";
  var LIGHT = ["#b4501e", "#1d4ed8", "#047857", "#7c3aed", "#be185d", "#a16207"];
  var DARK = ["#fb923c", "#60a5fa", "#34d399", "#c4b5fd", "#f472b6", "#fde047"];
  var drawn = new Map();  // canvas -> {chart, parts, words, hidden, span and whole: [first step, last step]}

  function dark() { return document.documentElement.classList.contains("dark"); }
  function styled(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function figure(value) {
    return new Intl.NumberFormat(document.documentElement.lang || "en", { maximumSignificantDigits: 4 }).format(value);
  }
  function made(tag, properties, children) {
    var one = Object.assign(document.createElement(tag), properties || {});
    (children || []).forEach(function (child) { one.append(child); });
    return one;
  }
  function partsOf(canvas) {
    var box = canvas.closest(".km-curves");
    function part(name) { return box && box.querySelector("[data-part=" + name + "]"); }
    return { box: box, legend: part("legend"), log: part("log"), reset: part("reset"), table: part("table"), told: part("told") };
  }

  function colour(index) { return (dark() ? DARK : LIGHT)[index % LIGHT.length]; }
  function dataset(one, index) {
    var dash = one.dash || (index >= LIGHT.length ? [6, 4] : []);
    return {
      label: one.label, data: one.points.map(function (point) { return { x: point[0], y: point[1] }; }), borderDash: dash === true ? [6, 4] : dash,
      borderColor: colour(index), backgroundColor: colour(index), borderWidth: 1.75, pointRadius: one.points.length < 2 ? 3 : 0, pointHitRadius: 6, tension: 0
    };
  }
  function paint(chart) {
    ["x", "y"].forEach(function (axis) {
      var scale = chart.options.scales[axis];
      scale.grid.color = scale.border.color = styled("--km-line");
      scale.ticks.color = scale.title.color = styled("--km-subtle");
    });
    chart.data.datasets.forEach(function (one, index) { one.borderColor = one.backgroundColor = colour(index); });
  }
  function axis(word) {
    return { type: "linear", title: { display: Boolean(word), text: word || "" }, grid: {}, border: {}, ticks: { maxRotation: 0 } };
  }
  function begun(canvas, words) {
    var chart = new window.Chart(canvas, {
      type: "line",
      data: { datasets: [] },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, normalized: true, parsing: false,
        locale: document.documentElement.lang || "en",
        interaction: { mode: "nearest", axis: "x", intersect: false },
        scales: { x: axis(words && words.x), y: axis(words && words.y) },
        plugins: { legend: { display: false }, decimation: { enabled: true, algorithm: "min-max" } }
      }
    });
    var state = { canvas: canvas, chart: chart, parts: partsOf(canvas), hidden: {}, words: words || {} };
    drawn.set(canvas, state);
    window.kmCurvesZoom(state, show);
    if (state.parts.log) state.parts.log.addEventListener("change", function () {
      chart.options.scales.y.type = state.parts.log.checked ? "logarithmic" : "linear";
      show(state);
    });
    return state;
  }

  function show(state) {
    paint(state.chart);
    state.chart.data.datasets.forEach(function (one, index) { state.chart.setDatasetVisibility(index, !state.hidden[one.label]); });
    state.chart.update("none");
    legend(state);
    var span = state.span;
    if (state.parts.reset) state.parts.reset.disabled = !span;
    var said = span ? (state.words.x || "") + " " + figure(span[0]) + " – " + figure(span[1]) : "";
    if (state.parts.told && state.parts.told.textContent !== said) state.parts.told.textContent = said;
  }
  function legend(state) {
    var list = state.parts.legend;
    if (!list) return;
    state.chart.data.datasets.forEach(function (one, index) {
      var button = list.children[index] && list.children[index].firstChild;
      if (!button) {
        button = made("button", { type: "button", className: "km-legend-button" }, [made("span", { className: "km-swatch" }), made("span")]);
        button.addEventListener("click", function () {
          state.hidden[button.dataset.label] = !state.hidden[button.dataset.label];
          show(state);
        });
        list.append(made("li", {}, [button]));
      }
      button.dataset.label = one.label;
      if (button.lastChild.textContent !== one.label) button.lastChild.textContent = one.label;
      button.setAttribute("aria-pressed", String(!state.hidden[one.label]));
      button.firstChild.style.borderTop = "3px " + (one.borderDash.length ? "dashed " : "solid ") + one.borderColor;
    });
    while (list.children.length > state.chart.data.datasets.length) list.lastChild.remove();
  }
  function table(state, series) {  // first, last and lowest of each: what a curve says to who cannot see it
    var body = state.parts.table && state.parts.table.tBodies[0];
    if (!body) return;
    body.replaceChildren.apply(body, series.filter(function (one) { return one.points.length; }).map(function (one) {
      var lowest = one.points.reduce(function (low, point) { return point[1] < low[1] ? point : low; });
      var cells = [one.points[0], one.points[one.points.length - 1], lowest].map(function (point) {
        return made("td", { textContent: figure(point[1]) + " (" + (state.words.x || "x") + " " + figure(point[0]) + ")" });
      });
      return made("tr", {}, [made("th", { scope: "row", textContent: one.label })].concat(cells));
    }));
  }

  function draw(canvas, series, words) {
    drawn.forEach(function (state, known) {
      if (!known.isConnected) { state.chart.destroy(); drawn.delete(known); }
    });
    if (!canvas || !window.Chart) return null;
    var state = drawn.get(canvas) || begun(canvas, words);
    var steps = series.flatMap(function (one) { return one.points.map(function (point) { return point[0]; }); });
    state.whole = steps.length > 1 ? steps.reduce(function (span, x) { return [Math.min(span[0], x), Math.max(span[1], x)]; }, [Infinity, -Infinity]) : null;
    state.chart.data.datasets = series.map(dataset);
    show(state);
    table(state, series);
    return state.chart;
  }

  new MutationObserver(function () { drawn.forEach(show); }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  window.kmCurves = { draw: draw };
}());
