// The zoom of a curve along its steps: a span that is dragged over, ctrl and wheel, + - 0 and the arrows on the focused canvas.
(function () {
  "use strict";
  var LEAST_PX = 6;  // a shorter drag is a click

  window.kmCurvesZoom = function (state, show) {
    var chart = state.chart, canvas = state.canvas, began = null;
    var shade = document.createElement("div");
    shade.className = "km-span";
    shade.hidden = true;
    canvas.parentElement.append(shade);

    function to(span) {
      var all = state.whole;
      if (!all) return;
      if (span) {
        var width = Math.max(span[1] - span[0], (all[1] - all[0]) / 2000);
        var low = Math.max(all[0], Math.min(span[0], all[1] - width));
        span = width >= all[1] - all[0] ? null : [low, low + width];
      }
      state.span = span;
      chart.options.scales.x.min = span ? span[0] : undefined;
      chart.options.scales.x.max = span ? span[1] : undefined;
      show(state);
    }
    function by(factor, about) {
      var now = state.span || state.whole;
      if (!now) return;
      var middle = about === undefined ? (now[0] + now[1]) / 2 : about;
      to([middle - (middle - now[0]) * factor, middle + (now[1] - middle) * factor]);
    }
    function along(share) {
      if (state.span) to([state.span[0] + share * (state.span[1] - state.span[0]), state.span[1] + share * (state.span[1] - state.span[0])]);
    }
    function place(event) {  // pixels from the canvas's left edge, within the plot
      return Math.min(chart.chartArea.right, Math.max(chart.chartArea.left, event.clientX - canvas.getBoundingClientRect().left));
    }
    function value(pixel) { return chart.scales.x.getValueForPixel(pixel); }

    canvas.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      var acts = {
        "+": function () { by(0.5); }, "=": function () { by(0.5); }, "-": function () { by(2); }, "0": function () { to(null); },
        ArrowLeft: function () { along(-0.2); }, ArrowRight: function () { along(0.2); }
      };
      if (!acts[event.key]) return;
      event.preventDefault();
      acts[event.key]();
    });
    canvas.addEventListener("wheel", function (event) {
      if (!event.ctrlKey) return;
      event.preventDefault();
      by(event.deltaY > 0 ? 1.25 : 0.8, value(place(event)));
    }, { passive: false });
    canvas.addEventListener("pointerdown", function (event) {
      if (event.button !== 0) return;
      began = place(event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", function (event) {
      if (began === null) return;
      var now = place(event);
      shade.hidden = Math.abs(now - began) < LEAST_PX;
      Object.assign(shade.style, {
        left: Math.min(began, now) + "px", width: Math.abs(now - began) + "px",
        top: chart.chartArea.top + "px", height: chart.chartArea.height + "px"
      });
    });
    canvas.addEventListener("pointerup", function (event) {
      var from = began, until = place(event);
      began = null;
      shade.hidden = true;
      if (from !== null && Math.abs(until - from) >= LEAST_PX) to([value(Math.min(from, until)), value(Math.max(from, until))]);
    });
    canvas.addEventListener("pointercancel", function () { began = null; shade.hidden = true; });
    canvas.addEventListener("dblclick", function () { to(null); });
    if (state.parts.reset) state.parts.reset.addEventListener("click", function () { to(null); canvas.focus(); });
  };
}());
