"use strict";
/* Checks proofs of the log in the browser (RFC 9162, section 2.1): hashes, roots and signatures are worked out here,
   with WebCrypto alone. `[data-proof]` is a button that names an event's proof; `[data-compared]` holds two heads. */
(() => {
  const words = () => JSON.parse(document.getElementById("proof-words").textContent);
  const bytes = (hex) => {
    if (!/^([0-9a-f]{2})*$/.test(hex)) throw new Error("hex");
    return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  };
  const hex = (data) => Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
  const sha256 = async (...parts) => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  };
  const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
  const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);
  const half = (value) => Math.floor(value / 2);  // places may lie beyond 2**31, where shifts are wrong
  const odd = (value) => value % 2 === 1;

  /* The root that follows from a leaf and its path; null where the path has another length than the place asks for. */
  const rootOf = async (leaf, index, size, path) => {
    if (!(index >= 0 && index < size)) return null;
    let place = index, last = size - 1, found = leaf;
    for (const step of path) {
      if (last === 0) return null;
      if (odd(place) || place === last) {
        found = await nodeHash(step, found);
        while (!odd(place) && place) { place = half(place); last = half(last); }
      } else found = await nodeHash(found, step);
      place = half(place); last = half(last);
    }
    return last === 0 ? found : null;
  };

  /* The two roots [older, newer] that follow from a consistency proof; null where it has another length. */
  const rootsOf = async (first, second, older, path) => {
    if (first === second) return path.length ? null : [older, older];
    if (first <= 0 || first > second) return null;
    const power = Number.isInteger(Math.log2(first));
    const steps = power ? [older, ...path] : path;
    if (!steps.length) return null;
    let place = first - 1, last = second - 1;
    while (odd(place)) { place = half(place); last = half(last); }
    let was = steps[0], now = steps[0];
    for (const step of steps.slice(1)) {
      if (last === 0) return null;
      if (odd(place) || place === last) {
        was = await nodeHash(step, was); now = await nodeHash(step, now);
        while (!odd(place) && place) { place = half(place); last = half(last); }
      } else now = await nodeHash(now, step);
      place = half(place); last = half(last);
    }
    return last === 0 ? [was, now] : null;
  };

  const keyOf = (pem) => crypto.subtle.importKey("spki",
    Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, "")), (one) => one.charCodeAt(0)), "Ed25519", false, ["verify"]);
  const signed = async (head, keys) => {
    const pem = keys.key_id === head.key_id ? keys.public_key : keys.retired[head.key_id];
    if (!pem) return false;
    const said = JSON.stringify({ at: head.at, root: head.root, schema: "kilnmark/tree-head", size: head.size, version: 1 });
    return crypto.subtle.verify("Ed25519", await keyOf(pem), bytes(head.signature), new TextEncoder().encode(said));
  };
  const json = async (address) => {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    const said = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(said.detail || String(answer.status)), { code: said.code });
    return said;
  };

  const show = (place, good, sentence, facts) => {
    const note = document.createElement("p");
    note.className = "km-note";
    note.textContent = sentence;
    const list = document.createElement("dl");
    list.className = "km-facts km-worked-out";
    for (const [name, value] of facts) {
      const term = document.createElement("dt"), said = document.createElement("dd");
      term.textContent = name; said.textContent = value;
      if (/^[0-9a-f]{64}$/.test(value)) said.className = "km-mono";
      list.append(term, said);
    }
    place.replaceChildren(note, list);
    place.dataset.outcome = good === null ? "unknown" : good ? "holds" : "fails";
  };

  const inclusion = async (button, place) => {
    const say = words(), verdict = (good) => (good ? say.fits : say.differs);
    const [proof, keys] = [await json(button.dataset.proof), await json(button.dataset.keys)];
    const leaf = await leafHash(new TextEncoder().encode(proof.leaf));
    const found = await rootOf(leaf, proof.index, proof.tree_size, proof.path.map(bytes));
    const same = hex(leaf) === button.dataset.leaf;
    const led = found !== null && hex(found) === proof.head.root && proof.tree_size === proof.head.size;
    const key = await signed(proof.head, keys);
    show(place, same && led && key, same && led && key ? say.holds : say.fails, [
      [say.leaf, hex(leaf)], [say.sameLeaf, verdict(same)], [say.steps, String(proof.path.length)],
      [say.root, found ? hex(found) : "—"], [say.headRoot, proof.head.root], [say.size, String(proof.head.size)],
      [say.signed, proof.head.at], [say.key, proof.head.key_id], [say.signature, verdict(key)]]);
  };

  const consistency = async (holder, place) => {
    const say = words(), verdict = (good) => (good ? say.fits : say.differs);
    const { older, newer, proof } = JSON.parse(document.getElementById(holder.dataset.compared).textContent);
    const keys = await json(holder.dataset.keys);
    const roots = await rootsOf(older.size, newer.size, bytes(older.root), proof.path.map(bytes));
    const grew = roots !== null && hex(roots[0]) === older.root && hex(roots[1]) === newer.root;
    const [first, second] = [await signed(older, keys), await signed(newer, keys)];
    show(place, grew && first && second, grew ? (first && second ? say.grew : say.fails) : say.rewritten, [
      [say.olderRoot, roots ? hex(roots[0]) : "—"], [say.newerRoot, roots ? hex(roots[1]) : "—"],
      [say.olderSignature, verdict(first)], [say.newerSignature, verdict(second)], [say.steps, String(proof.path.length)]]);
  };

  const AGAIN_MS = 5000, LONGEST_MS = 90000;
  const turns = new WeakMap();  // by button: which click the tries are of, so that a new one ends those before

  /* No signed head covers it yet: one sentence, said once, and a try every AGAIN_MS until LONGEST_MS are over. */
  const wait = (asked, how, place, turn, waited) => {
    const over = waited >= LONGEST_MS;
    if (over || place.dataset.outcome !== "waits") show(place, null, over ? words().late : words().waits, []);
    place.dataset.outcome = over ? "unknown" : "waits";
    if (over) return;
    setTimeout(() => {
      if (turns.get(asked) === turn && asked.isConnected) attempt(asked, how, place, turn, waited + AGAIN_MS);
    }, AGAIN_MS);
  };
  const check = (asked, how) => {
    const place = document.getElementById(asked.dataset.outcomeIn), say = words(), turn = (turns.get(asked) || 0) + 1;
    turns.set(asked, turn);
    place.textContent = say.works;
    delete place.dataset.outcome;
    if (!window.crypto || !crypto.subtle) return show(place, null, say.cannot, []);
    return attempt(asked, how, place, turn, 0);
  };
  const attempt = async (asked, how, place, turn, waited) => {
    const say = words();
    try {
      await how(asked, place);
    } catch (error) {
      if (error.code === "not_in_log_yet") return wait(asked, how, place, turn, waited);
      const lacks = error instanceof DOMException && error.name === "NotSupportedError";
      show(place, null, lacks ? say.cannot : `${say.away} ${error.message}`, []);
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-proof]");
    if (button) check(button, inclusion);
  });
  for (const holder of document.querySelectorAll("[data-compared]")) check(holder, consistency);
})();
