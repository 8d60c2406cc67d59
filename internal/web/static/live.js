// Keeps a page current. Every element with data-topics is read again when one of
// its topics changes, and once a minute so that ages and interest stay fresh.
// Regions with data-every are read at their own interval, in seconds: nobody gives notice of what they show.
// A hidden tab closes its stream and catches up when it is shown again.

import { parse } from "./parse.js";

const refreshEvery = 60_000;
const dirty = new Set(); // ids of the regions to read again
let reading = false;
let source = null;
let followed = "";

const regions = () => [...document.querySelectorAll("[data-topics]")];
const topicsOf = (element) => element.dataset.topics.split(" ").filter(Boolean);

function connect() {
  const topics = [...new Set(regions().flatMap(topicsOf))].sort().join(" ");
  if (source && !document.hidden && topics === followed) return;
  source?.close();
  source = null;
  followed = topics;
  if (document.hidden || topics === "") return;
  source = new EventSource("/live?topics=" + encodeURIComponent(topics));
  source.addEventListener("open", () => refresh(regions()));
  source.addEventListener("notice", (event) => {
    const topic = JSON.parse(event.data);
    refresh(regions().filter((element) => topicsOf(element).includes(topic)));
  });
}

function refresh(elements) {
  for (const element of elements) {
    element.matches("[data-log]") ? appendLog(element) : dirty.add(element.id);
  }
  if (dirty.size > 0 && !reading) readPage();
}

// address is where the page can be read again. One that answered to a form names another than its own.
const address = () => document.querySelector("[data-address]")?.dataset.address ?? location.href;

// afterwards is where to go when what the page is about has ended.
const afterwards = () => document.querySelector("[data-gone]")?.dataset.gone;

// readPage asks for the page once, whatever the number of regions, and puts the
// new regions into the place of the old ones. What becomes dirty meanwhile is
// read in the next round.
async function readPage() {
  reading = true;
  try {
    while (dirty.size > 0) {
      const wanted = [...dirty];
      dirty.clear();
      const answer = await fetch(address(), { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.assign(answer.url);
      if (answer.status === 404 && afterwards()) return location.assign(afterwards());
      if (!answer.ok) return;
      const page = parse(await answer.text());
      wanted.forEach((id) => replace(document.getElementById(id), page.getElementById(id)));
    }
  } catch {
    // The server is away. The stream comes back when it does, and reads again.
  } finally {
    reading = false;
  }
  connect(); // a region may follow other topics now
}

// replace keeps open what was open. It leaves a region alone while somebody fills
// in a form of it, unless the region is a part of a form (data-keep): there it
// keeps what was filled in, and the place in it.
function replace(before, after) {
  if (!before || !after) return;
  const at = before.contains(document.activeElement) ? document.activeElement : null;
  const part = before.matches("[data-keep]");
  if (at?.matches(part ? "select" : "input, select, textarea")) return;
  const open = [...before.querySelectorAll("details")].map((details) => details.open);
  after.querySelectorAll("details").forEach((details, i) => (details.open = open[i] ?? false));
  const region = document.adoptNode(after);
  const fields = part ? [...before.querySelectorAll("[name]")] : [];
  before.replaceWith(region);
  fields.forEach((was) => keep(was, region, was === at));
}

// keep puts what was typed or ticked into the field of the same name. What is
// not offered any more is not chosen any more.
function keep(was, region, focused) {
  const named = [...region.querySelectorAll("[name]")].filter((field) => field.name === was.name);
  const now = was.matches("[type=radio], [type=checkbox]") ? named.find((field) => field.value === was.value) : named[0];
  if (!now || now.type !== was.type) return;
  if (was.type === "checkbox" || was.checked) now.checked = was.checked;
  if (was.type === "text") now.value = was.value;
  if (was.matches("select") && [...now.options].some((option) => option.value === was.value)) now.value = was.value;
  if (!focused) return;
  now.focus();
  if (was.type === "text") now.setSelectionRange(was.selectionStart, was.selectionEnd);
}

// appendLog asks for the lines after the last one shown. It keeps the end in
// view unless the reader has scrolled up.
async function appendLog(element) {
  if (element.dataset.loading) {
    element.dataset.again = "true";
    return;
  }
  element.dataset.loading = "true";
  try {
    let lines = [];
    do {
      delete element.dataset.again;
      const answer = await fetch(`${element.dataset.log}?after=${element.dataset.after}`);
      lines = answer.ok ? await answer.json() : [];
      append(element, lines);
    } while (element.dataset.again || lines.length > 0); // an answer holds a part of a long log
  } catch {
    // As above.
  } finally {
    delete element.dataset.loading;
  }
}

function append(element, lines) {
  const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 8;
  for (const line of lines) {
    element.append(line.text + "\n");
    element.dataset.after = line.seq;
  }
  if (atEnd) element.scrollTop = element.scrollHeight;
}

document.addEventListener("visibilitychange", connect);
setInterval(() => document.hidden || refresh(regions()), refreshEvery);
for (const { id, dataset } of document.querySelectorAll("[data-every]")) {
  setInterval(() => document.hidden || refresh(regions().filter((element) => element.id === id)), 1000 * dataset.every);
}
connect();
