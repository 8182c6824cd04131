// A page asks for itself anew when something new has come. What somebody does on it is
// never taken from them: then it says so, and waits to be asked.
"use strict";
(function () {
  const news = document.getElementById("news");
  if (!news || !window.EventSource) return;
  const PAUSE = 5000;
  const STILL = 1500;
  const main = () => document.getElementById("content");
  const opened = () => main().querySelectorAll("details[open]").length;
  let after = news.dataset.after;
  let atFirst = opened();
  let typed = false;
  let source = null;
  let waiting = 0;
  let shownAt = 0;
  let movedAt = 0;

  function say(what) {
    for (const each of news.children) each.hidden = each.dataset.when !== what;
  }

  function busy() {
    const at = document.activeElement;
    const within = at && at !== main() && main().contains(at);
    const selected = String(window.getSelection()) !== "";
    return "asks" in news.dataset || typed || within || selected || opened() !== atFirst;
  }

  function show() {
    waiting = 0;
    if (busy()) return say("waits");
    const moving = movedAt + STILL - Date.now();
    if (moving > 0) {
      // Nothing moves from under a pointer that is on its way to it.
      waiting = window.setTimeout(show, moving);
      return undefined;
    }
    shownAt = Date.now();
    const asked = { headers: { Accept: "text/html", "Fagnett-By-Itself": "1" } };
    fetch(window.location.href, asked)
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
      .then((text) => {
        const page = new DOMParser().parseFromString(text, "text/html");
        const fresh = page.getElementById("content");
        if (!fresh || !page.getElementById("news") || busy()) return say("waits");
        const held = document.activeElement === main();
        main().replaceWith(fresh);
        if (held) fresh.focus({ preventScroll: true });
        for (const part of [".fg-standing", ".fg-foot"]) {
          const now = document.querySelector(part);
          const next = page.querySelector(part);
          if (now && next) now.replaceWith(next);
        }
        if (window.htmx) window.htmx.process(fresh);
        atFirst = opened();
        say("shown");
      })
      .catch(() => say("waits"));
  }

  function came(event) {
    after = event.data;
    if (waiting) return;
    waiting = window.setTimeout(show, Math.max(500, shownAt + PAUSE - Date.now()));
  }

  function hear() {
    if (document.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source || source.readyState === EventSource.CLOSED) {
      const asked = new URLSearchParams({ after: after, about: news.dataset.about });
      source = new EventSource("/changes?" + asked);
      source.addEventListener("changed", came);
    }
  }

  for (const each of ["pointermove", "pointerdown", "wheel", "keydown"]) {
    document.addEventListener(each, () => (movedAt = Date.now()), { passive: true });
  }
  document.addEventListener("input", (event) => {
    if (main().contains(event.target)) typed = true;
  });
  document.addEventListener("visibilitychange", hear);
  window.addEventListener("pagehide", () => source && source.close());
  window.addEventListener("pageshow", hear);
  hear();
})();
