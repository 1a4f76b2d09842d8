"use strict";
const page = (() => {
  const KEY = "pet mood language";
  const korean = document.getElementById("korean");
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
  const isPhone = matchMedia("(max-width: 34rem)").matches;
  const listeners = [];
  const ATTRIBUTES = { koLabel: "aria-label", koAlt: "alt", koTitle: "title" };
  const originals = new Map();
  function swap(node, name, read, write) { // between the text that the page was written with and that in data-ko..
    const key = `${name} original`;
    if (!originals.has(node)) originals.set(node, {});
    const known = originals.get(node);
    if (!(key in known)) known[key] = read();
    write(korean.checked ? node.dataset[name] : known[key]);
  }
  function apply() {
    document.documentElement.lang = korean.checked ? "ko" : "en";
    all("[data-ko]").forEach((node) => swap(node, "ko", () => node.textContent, (text) => { node.textContent = text; }));
    for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
      const selector = `[data-${name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase())}]`;
      all(selector).forEach((node) => swap(node, name, () => node.getAttribute(attribute), (text) => node.setAttribute(attribute, text)));
    }
    listeners.forEach((listener) => listener());
  }
  let stored = null;
  try { stored = localStorage.getItem(KEY); } catch { /* browsers may refuse storage to a page opened from a file */ }
  if ((stored || navigator.language).startsWith("ko")) korean.checked = true;
  all(".languages input").forEach((input) => input.addEventListener("change", () => {
    try { localStorage.setItem(KEY, korean.checked ? "ko" : "en"); } catch { /* as above */ }
    apply();
  }));

  const open = (node) => { for (let at = node; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true; };
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) { open(target); target.scrollIntoView(); }
  }
  if (isPhone) all("details.fold").forEach((node) => { node.open = false; });
  addEventListener("hashchange", reveal);
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); closed.forEach((node) => { node.open = true; }); });
  addEventListener("afterprint", () => closed.forEach((node) => { node.open = false; }));
  addEventListener("load", () => { apply(); reveal(); });
  all("[data-script]").forEach((node) => { node.hidden = false; });
  return {
    all,
    isPhone,
    say: (english, koreanText) => (korean.checked ? koreanText : english),
    onLanguage: (listener) => { listeners.push(listener); listener(); },
    grouped: (number) => number.toLocaleString("en"),
  };
})();
