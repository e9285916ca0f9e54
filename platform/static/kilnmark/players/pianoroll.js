// Plays the notes of a piano roll by oscillators, and moves a line along the drawing.
(function () {
  "use strict";
  var LATE_S = 0.08, LOUD = 0.22, AHEAD_S = 1.5, DRUMS = 9;

  function sound(context, out, note, start) {  // note: start s, length s, pitch, velocity, channel
    var tone = context.createOscillator(), gain = context.createGain();
    var length = note[4] === DRUMS ? 0.06 : note[1], loud = LOUD * note[3] / 127;
    tone.type = note[4] === DRUMS ? "square" : "triangle";
    tone.frequency.value = 440 * Math.pow(2, (note[2] - 69) / 12);
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loud, start + 0.01);
    gain.gain.setValueAtTime(loud, start + Math.max(0.01, length - 0.02));
    gain.gain.linearRampToValueAtTime(0, start + length + 0.03);
    tone.connect(gain);
    gain.connect(out);
    tone.start(start);
    tone.stop(start + length + 0.05);
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-pianoroll]"), function (box) {
    var notes = JSON.parse(document.getElementById(box.dataset.notes).textContent);
    var seconds = Number(box.dataset.seconds), status = box.querySelector("[data-status]");
    var play = box.querySelector("[data-play]"), stop = box.querySelector("[data-stop]");
    var head = box.querySelector("[data-playhead]"), wide = head.ownerSVGElement.viewBox.baseVal.width;
    var Context = window.AudioContext, context = null, began = 0, next = 0, frame = 0;
    if (!Context) { status.textContent = box.dataset.fails; return; }
    play.hidden = false;

    function schedule() {  // only what sounds soon: a long piece needs no thousand oscillators at once
      var now = context.currentTime - began;
      while (next < notes.length && notes[next][0] < now + AHEAD_S) {
        sound(context, context.destination, notes[next], began + Math.max(notes[next][0], now));
        next += 1;
      }
      head.setAttribute("x1", wide * Math.max(0, now) / seconds);
      head.setAttribute("x2", wide * Math.max(0, now) / seconds);
      if (now > seconds + 0.2) finish(); else frame = requestAnimationFrame(schedule);
    }

    function finish() {
      cancelAnimationFrame(frame);
      if (context) context.close();
      context = null;
      head.style.visibility = "hidden";
      stop.hidden = true;
      play.hidden = false;
      status.textContent = box.dataset.ended;
      box.dataset.state = "ended";
      play.focus();
    }

    play.addEventListener("click", function () {
      context = new Context();
      context.resume().then(function () {
        if (!context) return;
        began = context.currentTime + LATE_S;
        next = 0;
        head.style.visibility = "visible";
        box.dataset.state = context.state;
        status.textContent = box.dataset.playing;
        schedule();
      });
      play.hidden = true;
      stop.hidden = false;
      stop.focus();
    });
    stop.addEventListener("click", finish);
  });
})();
