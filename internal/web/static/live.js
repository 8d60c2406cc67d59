// Keeps a page current. Every element with data-topics is read again when one of
// its topics changes, and once a minute so that ages and interest stay fresh.
// A hidden tab closes its stream and catches up when it is shown again.

const refreshEvery = 60_000;
let source = null;

const regions = () => [...document.querySelectorAll("[data-topics]")];
const topicsOf = (element) => element.dataset.topics.split(" ").filter(Boolean);

function refresh(element) {
  if (element.dataset.pending) return;
  element.dataset.pending = "true";
  requestAnimationFrame(() => {
    delete element.dataset.pending;
    element.matches("[data-log]") ? appendLog(element) : htmx.trigger(element, "notice");
  });
}

function connect() {
  source?.close();
  const topics = [...new Set(regions().flatMap(topicsOf))];
  if (document.hidden || topics.length === 0) return;
  source = new EventSource("/live?topics=" + encodeURIComponent(topics.join(" ")));
  source.addEventListener("open", () => regions().forEach(refresh));
  source.addEventListener("notice", (event) => {
    const topic = JSON.parse(event.data);
    regions().filter((element) => topicsOf(element).includes(topic)).forEach(refresh);
  });
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
    const answer = await fetch(`${element.dataset.log}?after=${element.dataset.after}`);
    if (!answer.ok) return;
    const lines = await answer.json();
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 8;
    for (const line of lines) {
      element.append(line.text + "\n");
      element.dataset.after = line.seq;
    }
    if (atEnd) element.scrollTop = element.scrollHeight;
  } finally {
    delete element.dataset.loading;
    if (element.dataset.again) {
      delete element.dataset.again;
      appendLog(element);
    }
  }
}

document.addEventListener("visibilitychange", connect);
document.addEventListener("DOMContentLoaded", connect);
// A region that comes back from the server may follow other topics.
document.addEventListener("htmx:afterSettle", () => {
  const now = new Set(regions().flatMap(topicsOf));
  const followed = new Set(decodeURIComponent(source?.url.split("topics=")[1] ?? "").split(" "));
  if (!now.isSubsetOf(followed)) connect();
});
setInterval(() => document.hidden || regions().forEach(refresh), refreshEvery);
