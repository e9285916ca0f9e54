"use strict";
/* The reviewer's desk on the keyboard: j and k go to the next card and the one before. Typing stays typing. */
(() => {
  const typing = (place) => place.closest("input, textarea, select, [contenteditable]") !== null;
  document.addEventListener("keydown", (event) => {
    const ahead = { j: 1, k: -1 }[event.key];
    if (!ahead || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const cards = [...document.querySelectorAll(".km-review")];
    const now = cards.indexOf(document.activeElement ? document.activeElement.closest(".km-review") : null);
    const next = cards[now < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, now + ahead))];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  });
})();
