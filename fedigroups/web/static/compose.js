// What makes writing more pleasant where scripts run: names are offered, pictures pasted or dropped.
(() => {
  "use strict";
  const BEGUN = /(?:^|[\s(])[@!]([\p{L}\p{N}_.-]{2,}(?:@[\w.-]*)?)$/u;
  const isText = one => one instanceof HTMLTextAreaElement && one.matches("#write [name=text]");
  const listOf = text => text.closest(".field").querySelector("[role=listbox]");
  let waiting = 0, asked = 0;

  function close(text) {
    asked += 1;
    listOf(text).hidden = true;
    text.removeAttribute("aria-activedescendant");
  }

  function mark(text, to) {
    for (const one of listOf(text).children) one.setAttribute("aria-selected", String(one === to));
    text.setAttribute("aria-activedescendant", to.id);
    to.scrollIntoView({ block: "nearest" });
  }

  function choose(text, option) {
    const end = text.selectionStart, begun = BEGUN.exec(text.value.slice(0, end));
    if (begun) text.setRangeText(`${option.dataset.handle} `, end - begun[1].length - 1, end, "end");
    close(text);
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function offer(text, begun) {
    const list = listOf(text), mine = asked += 1;
    const answer = await fetch(`/complete?q=${encodeURIComponent(begun)}`);
    const found = answer.ok && !answer.redirected ? await answer.json() : [];
    if (mine !== asked) return;
    list.replaceChildren(...found.map(({ handle, name }, at) => {
      const option = document.createElement("li"), who = document.createElement("bdi");
      const where = document.createElement("span");
      option.id = `named-${at}`;
      option.role = "option";
      option.dataset.handle = handle;
      who.textContent = name;
      where.textContent = handle;
      option.append(who, " ", where);
      return option;
    }));
    list.hidden = !found.length;
    list.nextElementSibling.textContent = found.length ? list.dataset.many.replace("{}", found.length) : "";
    if (found.length) mark(text, list.firstElementChild);
  }

  document.addEventListener("input", event => {
    const text = event.target;
    if (!isText(text)) return;
    clearTimeout(waiting);
    const begun = BEGUN.exec(text.value.slice(0, text.selectionStart));
    if (begun) waiting = setTimeout(offer, 150, text, begun[1]);
    else close(text);
  });

  document.addEventListener("keydown", event => {
    const text = event.target;
    if (!isText(text) || listOf(text).hidden || event.isComposing) return;
    const options = [...listOf(text).children];
    const at = options.findIndex(one => one.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(text, options.at((at + step) % options.length));
    else if (event.key === "Enter" || event.key === "Tab") choose(text, options[at]);
    else if (event.key === "Escape") close(text);
    else return;
    event.preventDefault();
  });

  // Before the text loses the focus, so that it keeps it.
  document.addEventListener("mousedown", event => {
    const option = event.target.closest?.("#write [role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option.closest(".field").querySelector("textarea"), option);
  });
  document.addEventListener("focusout", event => {
    if (isText(event.target)) close(event.target);
  });

  // A picture that is pasted or dropped is as if it was chosen; one at a time, each with its words.
  function take(event, files) {
    const form = event.target.closest?.("#write"), picture = [...files].find(one => one.type.startsWith("image/"));
    if (!form || !picture) return;
    event.preventDefault();
    const input = form.elements.file0, carrier = new DataTransfer();
    const full = form.querySelector(".no-room");
    full.hidden = !input.files.length;
    input.closest("details").open = true;
    if (input.files.length) return;
    carrier.items.add(picture);
    input.files = carrier.files;
    form.elements.words0.focus();
  }
  document.addEventListener("paste", event => take(event, event.clipboardData?.files ?? []));
  document.addEventListener("drop", event => take(event, event.dataTransfer?.files ?? []));
  document.addEventListener("dragover", event => {
    if (event.target.closest?.("#write") && event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
})();
