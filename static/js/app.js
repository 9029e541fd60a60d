// Small helpers on top of htmx and plain HTML. Every page works without them.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, handler) => document.addEventListener(name, handler);

  // ---- what htmx sends and what comes back
  on("htmx:configRequest", ({ detail }) => {
    const token = $("[name=csrfmiddlewaretoken]");
    if (detail.verb !== "get" && token) detail.headers["X-CSRFToken"] = token.value;
  });
  const say = (text) => {
    const message = $("#message-blank").content.firstElementChild.cloneNode(true);
    $("p", message).textContent = text;
    $("#messages").append(message);
    prepare(message.parentNode);
  };
  on("htmx:responseError", ({ detail }) => {
    if (!detail.xhr.responseText.includes('class="message')) say(`The server answered with error ${detail.xhr.status}. Try again in a moment.`);
  });

  // ---- bad lines: say so instead of looking frozen
  const show = (text) => { const bar = $("#connection"); bar.textContent = text; bar.hidden = !text; };
  const state = () => show(navigator.onLine ? "" : "No connection. What you see may be out of date, and nothing can be saved.");
  let waiting;
  on("htmx:beforeSend", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show("The connection is slow. Still waiting for the answer…"), 4000);
  });
  on("htmx:afterRequest", () => { clearTimeout(waiting); state(); });
  on("htmx:sendError", () => say("The server was not reached. Check the connection and try again."));
  on("htmx:timeout", () => say("No answer within 20 seconds. Check whether it was saved before you try again."));
  addEventListener("online", state);
  addEventListener("offline", state);
  if (!navigator.onLine) state();

  // ---- new content: unhide what needs a script, open dialogs, go to the first error
  // What scrolls must be reachable with the keyboard; what does not must be no stop.
  const scrollers = (root) => $$(".table-wrap, .plot-wrap", root).forEach((box) => {
    if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; box.setAttribute("role", "group"); box.setAttribute("aria-label", "Scrolls sideways"); }
    else box.removeAttribute("tabindex");
  });
  document.addEventListener("toggle", ({ target }) => scrollers(target), true);
  addEventListener("resize", () => scrollers(document));
  function prepare(root) {
    const useful = `[data-copy-table], [data-print], #messages .dismiss${navigator.geolocation ? ", [data-locate]" : ""}`;
    $$(useful, root).forEach((button) => { button.hidden = false; });
    scrollers(root);
    const dialog = $("dialog[data-open]:not([open])", root);
    if (dialog) dialog.showModal();
    $('main [aria-invalid="true"]', root)?.focus();
  }
  on("htmx:load", ({ detail }) => prepare(detail.elt));
  prepare(document);

  // ---- the search box: arrows walk through the answers, Escape closes them
  // Looked up each time: the Back button brings a new body without running this file again.
  const box = () => $("#site-search"), answers = () => $("#search-results");
  const close = () => answers()?.replaceChildren();
  const searching = ({ target }) => target.closest("form.search");
  on("htmx:afterSwap", ({ target }) => {
    if (target !== answers()) return;
    const found = $$("li > a > strong", target).length;
    $("#search-count").textContent = found ? `${found} found; arrow down to choose` : target.textContent.trim();
  });
  on("keydown", (event) => {
    if (!searching(event)) return;
    const links = $$("a", answers()), here = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && answers().firstChild) { close(); box().focus(); event.preventDefault(); }
    if (!step || !links.length) return;
    event.preventDefault();
    (links[here + step] || (step < 0 ? box() : links[here])).focus();
  });
  on("focusout", (event) => {
    if (event.relatedTarget && searching(event) && !searching(event).contains(event.relatedTarget)) close();
  });

  // ---- a list that was replaced: keep the reader's place, say what came
  let held;
  on("htmx:beforeSwap", ({ detail }) => { held = detail.target?.contains(document.activeElement) && detail.target; });
  on("htmx:afterSettle", ({ target, detail }) => {
    if (target !== detail.target) return;
    const news = $$(":scope > .table-wrap caption, :scope > .paginator p, :scope > .empty strong", target);
    if (news.length) $("#announce").textContent = news.map((line) => line.textContent.trim().replace(/\s+/g, " ")).join(". ");
    if (held !== target || document.activeElement !== document.body) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  });

  // ---- keys and clicks that concern the whole page
  on("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "/" && box() && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); box().focus(); }
    const menu = $("details.user-menu[open]");
    if (event.key === "Escape" && menu) { menu.open = false; $("summary", menu).focus(); }
  });
  on("click", ({ target }) => {
    const menu = $("details.user-menu[open]");
    if (menu && !menu.contains(target)) menu.open = false;
    if (box() && !box().form.contains(target)) close();
    const button = target.closest("button, a");
    if (!button) return;
    if (button.matches(".dismiss")) button.closest(".message").remove();
    if (button.matches("[data-copy-table]")) copy(button);
    if (button.matches("[data-print]")) print();
    if (button.matches("[data-locate]")) locate(button.form);
    if (button.dataset.dialog) $(button.dataset.dialog)?.showModal();
    if (button.matches("[data-close]")) button.closest("dialog")?.close();
  });

  // ---- a second press on a slow line must not send a form twice
  on("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    const buttons = $$("button:not([type=button], [disabled])", form);
    const enable = (yes) => buttons.forEach((button) => { button.disabled = !yes; });
    setTimeout(enable, 0, false);
    setTimeout(enable, 20000, true);
    addEventListener("pageshow", () => enable(true), { once: true });
  });

  // ---- the position of the device into the fields of a form
  function locate(form) {
    const note = $("[data-locate-note]", form), tell = (text) => { note.textContent = text; };
    tell("Waiting for the position…");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      for (const name of ["latitude", "longitude"]) form.elements[name].value = coords[name].toFixed(6);
      tell(`Filled in, right to about ${Math.round(coords.accuracy)} m.`);
    }, () => tell("The device gave no position. Type it."), { enableHighAccuracy: true, timeout: 20000 });
  }

  // ---- a table as tab-separated text for a spreadsheet
  async function copy(button) {
    const table = $("table", button.closest("figure, section, details, main"));
    const text = [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim().replace(/\s+/g, " ")).join("\t")).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without HTTPS there is no clipboard object: copy from a field.
      const field = document.createElement("textarea");
      field.value = text;
      button.after(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    button.lastChild.textContent = " Copied";
  }
})();
