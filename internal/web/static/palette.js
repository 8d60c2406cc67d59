// The keyboard palette: Ctrl-K, Cmd-K or / opens it from anywhere. The server finds what is offered, as a fragment of
// options, so that it shows exactly what its reader may see. The focus stays in the field, and the chosen option is
// told by aria-activedescendant. Escape closes the dialog, and the browser puts the focus back to where it was.

import { parse } from "./parse.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const said = dialog?.querySelector("[role=status]");
let asked = null; // the request under way
let timer = 0;

const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function open() {
  if (dialog.open) return;
  dialog.showModal();
  input.value = "";
  ask();
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  try {
    const address = `${dialog.dataset.options}?q=${encodeURIComponent(input.value)}`;
    const answer = await fetch(address, { signal: asked.signal });
    if (answer.redirected) return location.assign("/sign-in");
    if (answer.ok) show(await answer.text());
  } catch {
    // A newer request took this one's place, or the server is away: what is shown stays.
  }
}

function show(html) {
  const page = parse(html);
  list.replaceChildren(...page.body.childNodes);
  const found = options();
  list.hidden = found.length === 0;
  input.setAttribute("aria-expanded", String(found.length > 0));
  said.textContent = found.length === 0 ? "Nothing found" : `${found.length} found`;
  choose(found[0]);
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  input.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function move(by) {
  const all = options();
  if (all.length > 0) choose(all.at((all.indexOf(chosen()) + by) % all.length));
}

// go opens what was chosen; with nothing to choose from, it searches on a page of its own.
function go(option) {
  location.assign(option ? option.dataset.href : `/search?q=${encodeURIComponent(input.value)}`);
}

const keys = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => go(chosen()),
};

const typing = (element) => element?.closest("input, textarea, select, [contenteditable]");

if (dialog) {
  document.addEventListener("keydown", (event) => {
    const command = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
    if (!command && !slash) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 80);
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go(option);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
}
