// What makes pages more pleasant where scripts run; without it every page works.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });

  function improve(root) {
    for (const time of root.querySelectorAll("time[title]"))
      time.title = exact.format(new Date(time.dateTime));
    for (const button of root.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  }

  document.addEventListener("click", async event => {
    const button = event.target.closest("button[data-copy]");
    if (button) {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
    }
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A second press on a button that is at work does nothing.
  document.addEventListener("submit", event => {
    const form = event.target;
    if (form.id === "acts" && window.htmx && !form.dataset.plainly) {
      event.preventDefault();
      act(form, event.submitter);
    } else if (!event.defaultPrevented && !form.dataset.sent && !form.dataset.plainly && hasFiles(form)) {
      event.preventDefault();
      send(form, event.submitter);
    } else if (form.method === "post") {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    }
  });
  document.querySelector("form[data-go-on]")?.requestSubmit();
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  const hasFiles = form => [...form.querySelectorAll("input[type=file]")].some(one => one.files.length);

  function progress(form, share) {
    const line = form.querySelector(".sending");
    if (!line) return;
    line.hidden = share === null;
    line.querySelector("progress").value = share ?? 0;
  }

  // Files may take long: how far they are is shown, and then the page that the form leads to.
  function send(form, button) {
    const request = new XMLHttpRequest();
    form.dataset.sent = "yes";
    request.upload.addEventListener("progress", event => progress(form, event.loaded / event.total));
    request.addEventListener("load", () => {
      const to = request.getResponseHeader("Location");
      if (to || request.responseURL !== form.action) location.assign(to || request.responseURL);
      else replaceMain(request.responseText);
    });
    request.addEventListener("error", () => { // the browser says what is the matter
      form.dataset.plainly = "yes";
      delete form.dataset.sent;
      form.requestSubmit(button);
    });
    request.open("POST", form.action);
    request.setRequestHeader("X-Progress", "yes");
    request.send(new FormData(form, button));
    progress(form, 0);
  }

  // The form again, with what is wrong in it: the focus goes there.
  function replaceMain(html) {
    const main = new DOMParser().parseFromString(html, "text/html").querySelector("main");
    document.querySelector("main").replaceWith(main);
    window.htmx?.process(main);
    improve(main);
    (main.querySelector("[aria-invalid=true]") ?? main).focus();
  }

  document.addEventListener("htmx:xhr:progress", event => {
    const form = event.target.closest("form");
    if (form && hasFiles(form) && event.detail.total) progress(form, event.detail.loaded / event.detail.total);
  });

  // To like and to save show at once, and the focus stays where it was. What the server does not
  // do is taken back, and sent again as without scripts: the page that comes says why.
  async function act(form, button) {
    if (button.dataset.busy) return;
    const post = button.closest(".post"), at = button.getAttribute("formaction");
    const values = { form_token: form.elements.form_token.value, act: button.value };
    const target = button.closest(".acts");
    button.dataset.busy = "yes";
    turn(button);
    const answered = await htmx.ajax("POST", at, { source: target, target, swap: "outerHTML", values })
      .then(() => true, () => false);
    if (!button.isConnected) post.querySelector(`[formaction="${at}"]`)?.focus();
    else {
      turn(button);
      delete button.dataset.busy;
      if (answered) form.dataset.plainly = "yes";
      if (answered) form.requestSubmit(button);
    }
  }

  function turn(button) {
    const on = button.getAttribute("aria-pressed") !== "true", number = button.lastChild;
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("is-on", on);
    const many = Number(number.textContent) + (on ? 1 : -1);
    if (!Number.isNaN(many)) number.textContent = many > 0 ? ` ${many}` : " ";
  }

  // What is selected of the text of a post, as a quote; a press may end the selection.
  function quoted(post) {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return "";
    const { startContainer, endContainer } = chosen.getRangeAt(0);
    const inside = post.querySelector(".prose")?.contains(startContainer) && post.contains(endContainer);
    const words = inside ? chosen.toString().trim() : "";
    return words && `${words.split("\n").map(line => `> ${line}`.trimEnd()).join("\n")}\n\n`;
  }
  let picked = "";
  document.addEventListener("pointerdown", event => {
    const link = event.target.closest?.("a.reply-link");
    picked = link ? quoted(link.closest(".post")) : "";
  });

  // To reply opens the form below the post; what was selected stands in it.
  document.addEventListener("click", async event => {
    const link = event.target.closest("a.reply-link");
    if (!link || !window.htmx || event.button || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const post = link.closest(".post"), target = post.querySelector(".reply-here");
    const quote = picked || quoted(post), box = () => target.querySelector("textarea[name=text]");
    picked = "";
    if (!box()) await htmx.ajax("GET", link.href, { target, select: "#write", swap: "innerHTML" });
    const text = box();
    if (!text) return location.assign(link.href);
    if (quote) {
      const before = text.value.trimEnd();
      text.value = before ? `${before}\n\n${quote}` : quote;
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  });

  // The form again with what is wrong in it is shown, although it is no success.
  document.addEventListener("htmx:beforeSwap", event => {
    const { target, serverResponse } = event.detail;
    if (target.id === "write" && serverResponse.includes('id="write"')) event.detail.shouldSwap = true;
  });

  // What happens meanwhile: one connection for a page.
  if (document.body.dataset.live) {
    const source = new EventSource(document.body.dataset.live);
    source.addEventListener("notifications", event => {
      const count = document.querySelector(".bell-count");
      if (!count) return;
      count.hidden = event.data === "0";
      count.querySelector(".bell-number").textContent = event.data;
    });
    for (const pill of document.querySelectorAll("[data-live-kind]")) {
      pill.addEventListener("click", () => location.reload());
      source.addEventListener(pill.dataset.liveKind, event => {
        const { one, many } = pill.dataset;
        pill.textContent = event.data === "1" ? one : many.replace("{}", event.data);
        pill.hidden = event.data === "0";
      });
    }
    addEventListener("pagehide", () => source.close());
  }

  // Where one is stands in sight, in a line of pages that is pushed aside.
  const here = document.querySelector(".settings-nav [aria-current]"), line = here?.closest(".links");
  if (line) line.scrollLeft = here.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;

  document.addEventListener("htmx:afterSwap", event => improve(event.target));
  improve(document);
})();
