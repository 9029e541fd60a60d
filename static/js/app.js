// Small helpers on top of htmx. Every page works without them.
(() => {
  "use strict";
  const on = (name, handler) => document.addEventListener(name, handler);
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value;

  on("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get" && token()) event.detail.headers["X-CSRFToken"] = token();
  });
})();
