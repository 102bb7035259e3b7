// What the pages do beyond reading: theme, keys and live progress. Everything else
// works without this file.
"use strict";

(function theme() {
  const button = document.getElementById("theme");
  const names = ["auto", "light", "dark"];
  const show = (name) => {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    button.textContent = "Theme: " + name;
  };
  let name = "auto";
  try { name = localStorage.getItem("theme") || "auto"; } catch (e) { /* a file page may have no storage */ }
  button.hidden = false;
  show(names.includes(name) ? name : "auto");
  button.addEventListener("click", () => {
    name = names[(names.indexOf(name) + 1) % names.length];
    try { localStorage.setItem("theme", name); } catch (e) { /* likewise */ }
    show(name);
  });
})();

(function keys() {
  const stops = () => [...document.querySelectorAll("[data-keys] > li:not([hidden]):not(.blank)")];
  const target = (stop) => stop.querySelector("h3 a, a, summary");
  const step = (by) => {
    const all = stops();
    if (!all.length) return;
    const at = all.findIndex((stop) => stop.contains(document.activeElement));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
    const focus = target(next);
    if (focus) focus.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const follow = (rel) => {
    const link = document.querySelector(`a[rel=${rel}]`);
    if (link) link.click();
  };
  const overrule = () => {
    const frame = document.activeElement.closest("li");
    const box = frame && frame.querySelector("details.decide");
    if (!box) return;
    box.open = true;
    box.querySelector("input[name=why]").focus();
  };
  const approve = (event) => {
    const button = event.shiftKey && document.querySelector("button[value=approve-next]");
    if (button) button.click();
  };
  const actions = {
    j: () => step(1), k: () => step(-1), n: () => follow("next"), p: () => follow("prev"), o: overrule, A: approve,
    "/": () => { const search = document.querySelector("input[type=search]"); if (search) search.focus(); },
  };
  document.addEventListener("keydown", (event) => {
    const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") {
      const box = event.target.closest("details.decide");
      if (box) { box.open = false; box.querySelector("summary").focus(); } else if (writing) event.target.blur(); else follow("up");
      return;
    }
    if (writing || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key](event);
  });
})();

(function progress() {
  const box = document.querySelector("[data-poll]");
  if (!box) return;
  const key = (node) => node.nodeName + (node.id || node.value || "");
  // follow makes old like next and leaves every element in place that is in both, so
  // that the focus, an open list and a selection stay where they are.
  const follow = (old, next) => {
    if (old.isEqualNode(next)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = next.nodeValue; return; }
    for (const a of [...next.attributes]) if (old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
    for (const a of [...old.attributes]) if (a.name !== "open" && !next.hasAttribute(a.name)) old.removeAttribute(a.name);
    children(old, next);
  };
  const children = (old, next) => {
    let at = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      let same = at;
      while (same && key(same) !== key(wanted)) same = same.nextSibling;
      if (!same) { old.insertBefore(wanted, at); continue; }
      while (at !== same) { const gone = at; at = at.nextSibling; gone.remove(); }
      at = same.nextSibling;
      follow(same, wanted);
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  };
  const running = () => box.querySelector("progress") !== null;
  // away says that what stands here is from before, and why nothing newer does.
  const away = (why) => {
    const note = document.getElementById("away");
    if (note.textContent !== why) note.textContent = why;
    note.hidden = !why;
  };
  const refused = (status) => status === 401 ? "You are not signed in any more: load the page again."
    : `The server answers that it cannot tell how the run stands (${status}): load the page again.`;
  const look = async () => {
    try {
      const answer = await fetch(box.dataset.poll, { headers: { Accept: "text/html" } });
      away(answer.ok ? "" : refused(answer.status));
      if (answer.ok) {
        const fresh = document.createElement("div");
        fresh.innerHTML = await answer.text();
        const focused = box.contains(document.activeElement), ran = running();
        children(box, fresh);
        // What was focused is gone: stay near it, on nothing that could be pressed.
        if (focused && !box.contains(document.activeElement)) box.focus({ preventScroll: true });
        if (ran && !running()) document.getElementById("again").hidden = false;
      }
    } catch (e) { away("The server does not answer. What stands here is from before."); }
    setTimeout(look, document.hidden ? 10000 : 1500);
  };
  setTimeout(look, 1500);
})();
