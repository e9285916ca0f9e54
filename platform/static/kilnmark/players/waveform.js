// The waveform of a sound, drawn from the samples that the browser decodes; nothing of the file is run.
(function () {
  "use strict";

  function draw(canvas, sound) {
    canvas.width = Math.max(200, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)));
    var pen = canvas.getContext("2d"), wide = canvas.width, high = canvas.height, peak = 0;
    var samples = sound.getChannelData(0), step = Math.max(1, samples.length / wide);
    pen.clearRect(0, 0, wide, high);
    pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--km-accent") || "#b4501e";
    for (var x = 0; x < wide; x += 1) {
      var low = 1, top = -1, end = Math.min(samples.length, Math.floor((x + 1) * step));
      for (var at = Math.max(0, Math.floor(x * step) - 1); at < end; at += 1) {
        if (samples[at] < low) low = samples[at];
        if (samples[at] > top) top = samples[at];
      }
      if (top < low) continue;
      peak = Math.max(peak, top, -low);
      var y = (1 - Math.min(1, top)) * high / 2;
      pen.fillRect(x, y, 1, Math.max(1, (1 - Math.max(-1, low)) * high / 2 - y));
    }
    return peak;
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-waveform]"), function (box) {
    var canvas = box.querySelector("canvas"), status = box.querySelector("[data-status]");
    var Offline = window.OfflineAudioContext;
    if (!box.dataset.draws) { status.textContent = box.dataset.large; canvas.hidden = true; return; }
    if (!Offline) { status.textContent = box.dataset.fails; canvas.hidden = true; return; }
    fetch(box.dataset.content, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.arrayBuffer();
    }).then(function (bytes) {
      return new Offline(1, 1, 44100).decodeAudioData(bytes);
    }).then(function (sound) {
      var peak = draw(canvas, sound);
      status.textContent = box.dataset.said.replace("{s}", sound.duration.toFixed(2))
        .replace("{n}", sound.numberOfChannels).replace("{p}", Math.round(peak * 100));
      box.dataset.drawn = "1";
    }).catch(function () {
      status.textContent = box.dataset.fails;
      canvas.hidden = true;
    });
  });
})();
