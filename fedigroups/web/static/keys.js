// Single keys for who reads with the keyboard: `?` lists them, and there they are put off for good.
(() => {
  "use strict";
  const sheet = document.querySelector("#keys"), typing = "input, textarea, select";
  let kept = {};
  try { kept = localStorage; } catch { /* a browser that keeps nothing: they are on */ }

  const wanted = sheet.querySelector("input");
  wanted.checked = !kept.keysOff;
  wanted.addEventListener("change", () => {
    if (wanted.checked) delete kept.keysOff;
    else kept.keysOff = "yes";
  });
  const list = () => sheet.showModal();
  for (const button of document.querySelectorAll("[data-keys]")) {
    button.hidden = false;
    button.addEventListener("click", list);
  }

  function step(by) {
    const all = [...document.querySelectorAll("main :is(.post, .thread-row, .notice-row)")]
      .filter(one => one.getClientRects().length);
    const here = all.findIndex(one => one.contains(document.activeElement));
    const to = all[here < 0 ? 0 : here + by];
    if (!to) return;
    const target = to.querySelector(".stretch") ?? to;
    if (target === to) to.tabIndex = -1;
    target.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  }

  function reply() {
    const chosen = getSelection(), from = chosen.isCollapsed ? null : chosen.anchorNode?.parentElement;
    const post = from?.closest(".post") ?? document.activeElement.closest(".post")
      ?? document.querySelector(".post.root");
    post?.querySelector("a.reply-link")?.click();
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    c: () => document.querySelector('main a[href$="/new"]')?.click(),
    r: reply,
    "/": () => document.querySelector("#search").focus(),
    "?": list,
  };
  document.addEventListener("keydown", event => {
    const { key, target } = event, own = Object.hasOwn(keys, key);
    if (!own || kept.keysOff || sheet.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest(typing)) return;
    event.preventDefault();
    keys[key]();
  });
})();
