// WebAdmin's only script. Every page works without it; it adds what a reload would do too:
// live parts, dragging, narrowing long lists, choosing all rows, copying.
"use strict";
document.documentElement.dataset.js = "";

// --- Live parts: <div data-live="/path/of/events">; parts are elements with an id.
const known = new Map();

function stateOf(element) {
  const controls = [...element.querySelectorAll("input, button, a, select")];
  return {
    checked: new Map(controls.filter((one) => one.type === "checkbox").map((one) => [one.value, one.checked])),
    focus: controls.indexOf(document.activeElement),
  };
}

function replace(old, html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  if (!old) return fresh;
  const { checked, focus } = stateOf(old);
  for (const box of fresh.querySelectorAll("input[type=checkbox]")) {
    if (checked.has(box.value)) box.checked = checked.get(box.value);
  }
  old.replaceWith(fresh);
  if (focus >= 0) fresh.querySelectorAll("input, button, a, select")[focus]?.focus();
  return fresh;
}

function take({ parts, lists }) {
  for (const [id, html] of Object.entries(parts)) {
    const isFirst = !known.has(id);
    known.set(id, html);
    const old = document.getElementById(id);
    if (!old) continue;
    const state = old.dataset.state; // what a person would call a change, if the part says so
    const fresh = replace(old, html);
    fresh.classList.toggle("fresh", !isFirst && fresh.dataset.state !== state);
  }
  for (const [id, ids] of Object.entries(lists)) {
    const list = document.getElementById(id);
    if (!list) continue;
    for (const child of [...list.children]) if (!ids.includes(child.id)) child.remove();
    ids.forEach((one, place) => {
      const row = document.getElementById(one) ?? replace(null, known.get(one));
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
  }
  document.dispatchEvent(new CustomEvent("parts"));
}

for (const area of document.querySelectorAll("[data-live]")) {
  const mark = document.querySelector("[data-live-mark]");
  const tell = (state, text) => {
    if (!mark) return;
    mark.dataset.liveMark = state;
    mark.querySelector("[data-live-text]").textContent = text;
  };
  const source = new EventSource(area.dataset.live);
  source.addEventListener("open", () => tell("on", "live"));
  source.addEventListener("parts", (event) => take(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    const isOver = source.readyState === EventSource.CLOSED;
    tell("lost", isOver ? "no longer live: reload the page" : "connection lost, trying again");
  });
  addEventListener("pagehide", () => source.close());
}

// --- Live Log: <ol data-log="/path/of/events">. Lines are added at the end; at most MOST_LINES stay.
const MOST_LINES = 1000;

function followLog(list) {
  const [box, scroll, pause, clear, note] = ["q", "scroll", "pause", "clear", "note"]
    .map((name) => document.getElementById(`live-${name}`));
  const mark = document.querySelector("[data-live-mark]");
  const held = []; // what came while it was paused
  const isPaused = () => pause.getAttribute("aria-pressed") === "true";
  const tell = (state, text) => {
    mark.dataset.liveMark = state;
    mark.querySelector("[data-live-text]").textContent = text;
  };
  const toEnd = () => scroll.checked && (list.scrollTop = list.scrollHeight);
  // The same words as the server's filter; key=value is left to it, by Enter.
  const narrow = (lines) => {
    const words = box.value.toLowerCase().split(/\s+/);
    for (const line of lines) {
      const text = line.querySelector(".log-text").textContent.toLowerCase().replaceAll('"', "");
      line.hidden = !words.every((word) => text.includes(word.replaceAll('"', "").replace(/\*$/, "")));
    }
  };
  const add = ({ html, passed, anew }) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    const lines = [...template.content.children];
    if (anew) list.replaceChildren();
    if (passed) lines[0]?.classList.add("log-parted");
    for (const line of lines) line.classList.add("fresh");
    narrow(lines);
    list.append(...lines);
    while (list.children.length > MOST_LINES) list.firstElementChild.remove();
    if (anew) note.textContent = "The log was cleared, or a new day began.";
    else if (passed) note.textContent = `${passed.toLocaleString("en")} bytes were left out: too fast to show.`;
    toEnd();
  };
  const source = new EventSource(list.dataset.log);
  source.addEventListener("open", () => tell("on", "live"));
  source.addEventListener("lines", (event) => {
    const came = JSON.parse(event.data);
    if (!isPaused()) return add(came);
    held.push(came);
    if (held.length > MOST_LINES) held.shift();
    note.textContent = "Paused: new lines wait.";
  });
  source.addEventListener("error", () => {
    const isOver = source.readyState === EventSource.CLOSED;
    tell("lost", isOver ? "no longer live: reload the page" : "connection lost, trying again");
  });
  addEventListener("pagehide", () => source.close());
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!isPaused()));
    note.textContent = isPaused() ? "Paused." : "";
    if (!isPaused()) held.splice(0).forEach(add);
  });
  clear.addEventListener("click", () => list.replaceChildren());
  scroll.addEventListener("change", toEnd);
  box.addEventListener("input", () => {
    narrow(list.children);
    toEnd();
  });
  toEnd();
}
document.querySelectorAll("[data-log]").forEach(followLog);

// --- Lists in order: drag by the grip; the form is sent when a row was dropped elsewhere.
for (const list of document.querySelectorAll("[data-sortable]")) {
  let row = null;
  let before = "";
  const order = () => [...list.querySelectorAll("[name=order]")].map((one) => one.value).join();
  list.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("[data-grip]")) return;
    event.preventDefault();
    row = [...list.children].find((one) => one.contains(event.target));
    before = order();
    row.classList.add("dragged");
    list.setPointerCapture(event.pointerId);
  });
  list.addEventListener("pointermove", (event) => {
    if (!row) return;
    const over = [...list.children].find((one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return event.clientY >= top && event.clientY < bottom;
    });
    if (!over || over === row || "fixed" in over.dataset) return;
    const isDown = [...list.children].indexOf(over) > [...list.children].indexOf(row);
    over[isDown ? "after" : "before"](row);
  });
  const drop = () => {
    if (!row) return;
    row.classList.remove("dragged");
    row = null;
    if (order() !== before) HTMLFormElement.prototype.submit.call(list.closest("form"));
  };
  list.addEventListener("pointerup", drop);
  list.addEventListener("pointercancel", drop);
}

// --- Small things.
for (const box of document.querySelectorAll("[data-narrows]")) {
  const items = [...document.getElementById(box.dataset.narrows).children];
  box.addEventListener("input", () => {
    const word = box.value.toLowerCase();
    for (const one of items) one.hidden = !one.textContent.toLowerCase().includes(word);
  });
  box.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}
for (const all of document.querySelectorAll("[data-all]")) {
  const boxes = () => document.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`);
  all.addEventListener("change", () => boxes().forEach((one) => (one.checked = all.checked)));
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}
