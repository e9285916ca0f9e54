// A copy of a picture with words on it, made by the browser. The label inside the file (XMP) is carried over; the
// credential is not, since it binds the original's bytes.
(function () {
  "use strict";
  var SHARE = 0.08, LEAST_PX = 12, SHADE = "rgb(0 0 0 / .6)", XMP = "XML:com.adobe.xmp";

  function chunks(bytes) {  // of a PNG: [name, start, end] of each, length and checksum included
    var view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), found = [], at = 8;
    while (at + 12 <= bytes.length) {
      var end = at + 12 + view.getUint32(at);
      if (end > bytes.length) break;
      found.push([String.fromCharCode.apply(null, bytes.subarray(at + 4, at + 8)), at, end]);
      at = end;
    }
    return found;
  }

  function labelOf(bytes) {
    return chunks(bytes).filter(function (one) {
      return one[0] === "iTXt" && String.fromCharCode.apply(null, bytes.subarray(one[1] + 8, one[1] + 8 + XMP.length)) === XMP;
    }).map(function (one) { return bytes.slice(one[1], one[2]); });
  }

  function drawn(picture, words) {
    var canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    pen.drawImage(picture, 0, 0);
    var size = Math.max(LEAST_PX, Math.round(SHARE * Math.min(canvas.width, canvas.height)));
    do {
      pen.font = "600 " + size + "px system-ui, sans-serif";
      size -= 1;
    } while (size > 6 && pen.measureText(words).width > canvas.width * 0.9);
    var pad = Math.max(2, Math.round(size / 4)), wide = pen.measureText(words).width + 2 * pad, high = size + 1 + 2 * pad;
    pen.fillStyle = SHADE;
    pen.fillRect(canvas.width - wide, canvas.height - high, wide, high);
    pen.fillStyle = "#fff";
    pen.textBaseline = "middle";
    pen.fillText(words, canvas.width - wide + pad, canvas.height - high / 2);
    return new Promise(function (done, fail) {
      canvas.toBlob(function (blob) { if (blob) done(blob); else fail(new Error("no picture")); }, "image/png");
    });
  }

  function save(parts, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts, { type: "image/png" }));
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-labels]"), function (button) {
    var picture = document.getElementById(button.dataset.labels), status = document.getElementById("labelled-said");
    button.hidden = false;
    button.addEventListener("click", function () {
      var original = fetch(picture.src, { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.arrayBuffer();
      });
      Promise.all([original, picture.decode().then(function () { return drawn(picture, button.dataset.words); })
        .then(function (blob) { return blob.arrayBuffer(); })]).then(function (both) {
        var copy = new Uint8Array(both[1]), after = chunks(copy)[0][2];
        save([copy.slice(0, after)].concat(labelOf(new Uint8Array(both[0])), [copy.slice(after)]), button.dataset.name);
        status.textContent = status.dataset.done;
      }).catch(function () { status.textContent = status.dataset.fails; });
    });
  });
})();
