// The gallery goes on by itself: the next page is fetched as the end comes near, far-away tiles leave the document, and
// the address says where one is, so that Back comes back there. Without this script, "More" is a link like any other.
(function () {
  "use strict";
  var list = document.getElementById("tiles");
  if (!list) return;
  var MOST = 600, MOVE = 120;
  var said = document.getElementById("tiles-said");
  var tiles = Array.prototype.slice.call(list.children);  // of each the element, or its text while it is away
  var first = 0;                                          // the number of the first tile that is in the document
  var busy = false, stale = false, began = new URL(location.href).searchParams.has("from");

  if ("scrollRestoration" in history) history.scrollRestoration = "manual";  // the address says where, not the pixels

  function columns() { return getComputedStyle(list).gridTemplateColumns.split(" ").length || 1; }

  function rowHeight() {
    var one = list.firstElementChild;
    return one ? one.getBoundingClientRect().height + parseFloat(getComputedStyle(list).rowGap || 0) : 1;
  }

  function last() { return first + list.children.length; }

  function asElement(tile) {
    if (typeof tile !== "string") return tile;
    var box = document.createElement("template");
    box.innerHTML = tile;
    return box.content.firstElementChild;
  }

  function keep(from, to) {  // these tiles are in the document, and nothing moves on the screen
    var high = rowHeight(), wide = columns(), number;
    for (number = first; number < last(); number += 1) {
      if (number < from || number >= to) tiles[number] = tiles[number].outerHTML;
    }
    var inside = document.createDocumentFragment();
    for (number = from; number < to; number += 1) {
      tiles[number] = asElement(tiles[number]);
      inside.appendChild(tiles[number]);
    }
    list.replaceChildren(inside);
    first = from;
    list.style.paddingTop = (from / wide) * high + "px";
    stale = false;
    list.style.paddingBottom = Math.max(0, Math.ceil((tiles.length - to) / wide)) * high + "px";
  }

  function topRow() {  // the first row that is not wholly above the screen
    return Math.max(0, Math.floor((60 - list.getBoundingClientRect().top) / rowHeight()));
  }

  function fit() {
    if (!tiles.length) return;
    var wide = columns(), from = 0, to = tiles.length;
    if (to > MOST) {
      from = Math.max(0, Math.min(to - MOST, topRow() * wide - MOST / 2));
      from = Math.floor(from / wide) * wide;
      to = Math.min(to, from + MOST + wide);
    }
    var near = Math.abs(from - first) < MOVE && Math.abs(to - last()) < MOVE;
    if (stale || !near || (to === tiles.length && last() < to) || (from === 0 && first > 0)) keep(from, to);
  }

  function note() {
    var number = Math.min(tiles.length - 1, topRow() * columns());
    var tile = tiles[number], url = new URL(location.href);
    if (typeof tile === "string" || !tile) return;
    if (number || began) url.searchParams.set("from", tile.dataset.place); else url.searchParams.delete("from");
    url.searchParams.delete("part");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  var waiting = 0;
  function moved() {
    if (waiting) return;
    waiting = requestAnimationFrame(function () { waiting = 0; fit(); });
    clearTimeout(moved.later);
    moved.later = setTimeout(note, 200);
  }

  function more() {
    var link = document.getElementById("more-link");
    if (!link || busy) return;
    busy = true;
    var url = new URL(link.href);
    url.searchParams.set("part", "1");
    fetch(url, { credentials: "same-origin", headers: { Accept: "text/html" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (html) {
      var box = document.createElement("template");
      box.innerHTML = html;
      var fresh = Array.prototype.slice.call(box.content.querySelectorAll("li.km-tile"));
      var whole = last() === tiles.length;
      tiles = tiles.concat(fresh);
      if (whole) fresh.forEach(function (tile) { list.appendChild(tile); });
      document.getElementById("more").replaceWith(box.content.querySelector("#more"));
      said.textContent = list.dataset.loaded.replace("{}", fresh.length).replace("{}", tiles.length);
      busy = false;
      fit();
      document.dispatchEvent(new CustomEvent("km-tiles"));
      watch();
    }).catch(function () {
      busy = false;
      said.textContent = list.dataset.fails;
      said.classList.remove("km-unseen");
    });
  }

  var eye = new IntersectionObserver(function (seen) {
    if (seen.some(function (one) { return one.isIntersecting; })) more();
  }, { rootMargin: "900px 0px" });

  function watch() {
    eye.disconnect();
    eye.observe(document.getElementById("more"));
  }

  document.addEventListener("click", function (event) {
    if (!event.target.closest("#more-link") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    more();
  });
  document.addEventListener("scroll", moved, { capture: true, passive: true });
  window.addEventListener("resize", function () { stale = true; moved(); });
  window.kmGallery = {
    all: function () { return tiles.length; },
    show: function (number) {  // the tile of that number, in the document
      if (number < first || number >= last()) {
        var wide = columns(), from = Math.max(0, Math.floor((number - MOST / 2) / wide) * wide);
        keep(from, Math.min(tiles.length, from + MOST + wide));
      }
      return tiles[number];
    },
    number: function (tile) { return tiles.indexOf(tile); },
    columns: columns,
    more: more
  };
  watch();
})();
