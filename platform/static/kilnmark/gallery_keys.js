// The gallery by keyboard: one tile is in the tab order, arrows move in two dimensions, F flags, ? shows the keys.
(function () {
  "use strict";
  var list = document.getElementById("tiles");
  if (!list || !window.kmGallery) return;
  var gallery = window.kmGallery;
  var flagging = document.getElementById("gallery-flag"), keys = document.getElementById("gallery-keys");
  var form = document.getElementById("gallery-flag-form"), reason = document.getElementById("gallery-flag-reason");
  var wrong = document.getElementById("gallery-flag-error");
  var now = null;  // the tile that the keys speak of

  function rove() {
    Array.prototype.forEach.call(list.children, function (tile) { tile.firstElementChild.tabIndex = -1; });
    var one = now && now.isConnected ? now : list.firstElementChild;
    if (one) one.firstElementChild.tabIndex = 0;
  }

  function go(number) {
    var tile = gallery.show(Math.max(0, Math.min(gallery.all() - 1, number)));
    if (!tile) return;
    tile.firstElementChild.focus();
    tile.scrollIntoView({ block: "nearest" });
  }

  function step(key, number) {
    var wide = gallery.columns(), last = gallery.all() - 1, back = getComputedStyle(list).direction === "rtl" ? -1 : 1;
    var to = { ArrowLeft: number - back, ArrowRight: number + back, ArrowUp: number - wide, ArrowDown: number + wide,
               Home: 0, End: last }[key];
    if (to === undefined) return false;
    if (key === "ArrowUp" && to < 0) return true;
    if (key === "ArrowDown" && to > last) {
      gallery.more();
      if (Math.floor(number / wide) === Math.floor(last / wide)) return true;
    }
    go(to);
    return true;
  }

  function flag(tile) {
    now = tile;
    wrong.textContent = "";
    reason.value = "";
    document.getElementById("gallery-flag-name").textContent = tile.querySelector(".km-caption-facts").textContent;
    flagging.showModal();
    reason.focus();
  }

  list.addEventListener("focusin", function (event) {
    var tile = event.target.closest(".km-tile");
    if (!tile) return;
    now = tile;
    rove();
    history.replaceState(Object.assign({}, history.state, { tile: tile.dataset.id }), "", location.href);
  });

  list.addEventListener("keydown", function (event) {
    var tile = event.target.closest(".km-tile");
    if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f" || event.key === "F") flag(tile);
    else if (event.key === "?") keys.showModal();
    else if (!step(event.key, gallery.number(tile))) return;
    event.preventDefault();
  });

  document.addEventListener("keydown", function (event) {  // ? also before one has come to the tiles
    if (event.key !== "?" || event.defaultPrevented || event.target.closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    keys.showModal();
  });

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var tile = now, said = reason.value.trim();
    if (!said) { wrong.textContent = wrong.dataset.empty; reason.focus(); return; }
    fetch("/api/v1/artifacts/" + tile.dataset.id + "/flag", {
      method: "POST", credentials: "same-origin", body: JSON.stringify({ reason: said }),
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value }
    }).then(function (answer) {
      if (answer.ok) return done(tile);
      return answer.json().then(function (problem) { wrong.textContent = problem.detail || problem.title; });
    }).catch(function () { wrong.textContent = wrong.dataset.fails; });
  });

  function done(tile) {
    var word = list.dataset.flagged, caption = tile.querySelector(".km-caption");
    if (!caption.querySelector(".km-badge")) {
      var badge = document.createElement("span");
      badge.className = "km-badge";
      badge.textContent = word;
      caption.appendChild(badge);
    }
    flagging.close();
    document.getElementById("tiles-said").textContent = tile.querySelector(".km-caption-facts").textContent + ": " + word;
    tile.firstElementChild.focus();
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-closes]"), function (button) {
    button.addEventListener("click", function () { button.closest("dialog").close(); });
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-opens]"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { document.getElementById(button.dataset.opens).showModal(); });
  });
  document.addEventListener("km-tiles", rove);
  rove();
  var was = history.state && history.state.tile && document.getElementById("t-" + history.state.tile);
  if (was) was.focus();
})();
