// The demo's page: three chats, one stream, the clock, the guide and the quiet panel.

import { Chat, follow, postJson, post, words } from "./chat.js";

const LOOK_AGAIN = 15_000; // milliseconds: the panel is read anew, for the clock goes on by itself
const stage = document.querySelector(".stage");
const now = document.getElementById("now");
const note = document.getElementById("clock-note");
const byPhone = new Map();
const byChat = new Map();
let reading;
let play;

for (const root of document.querySelectorAll("[data-phone]")) {
  const phone = root.dataset.phone;
  const door = {
    say: (body) => postJson(`/demo/say?phone=${phone}`, body),
    file: (id, file) => {
      const query = new URLSearchParams({ phone, id, name: file.name });
      return post(`/demo/file?${query}`, { body: file, headers: { "content-type": file.type || "application/octet-stream" } });
    },
    lineFile: (line, number) => `/demo/lines/${line}/${number}?phone=${phone}`,
  };
  const chat = new Chat(root, door, root.dataset.zone);
  chat.onLine = (line) => {
    lookSoon();
    if (line.ours && stage.dataset.shown !== phone) markUnread(phone, true);
  };
  byPhone.set(phone, chat);
  byChat.set(root.dataset.chat, chat);
}

follow("/demo/events", byChat, (text) => {
  for (const chat of byPhone.values()) chat.say(text);
  if (!text) look(); // the connection is back: perhaps to a demo that was started anew
});

// The quiet panel

function show(state) {
  if (play && state.play !== play) location.reload(); // its chats begin again, and so must the page
  play = state.play;
  now.textContent = state.now_text;
  now.dateTime = state.now;
  document.getElementById("rows").textContent = state.rows_text;
  document.getElementById("panel").replaceChildren(...state.people.map(partOf));
  for (const person of state.people) {
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: person.zone };
    const time = new Date(state.now).toLocaleTimeString("en-GB", clock);
    stage.querySelector(`[data-phone="${person.phone}"] [data-time]`).textContent = time;
  }
}

function partOf(person) {
  const part = document.createElement("div");
  part.className = `part part-${person.phone}`;
  const name = document.createElement("h3");
  name.textContent = person.name;
  const list = document.createElement("ul");
  const waiting = person.waiting.map((wait) => {
    const item = document.createElement("li");
    const when = document.createElement("small");
    when.textContent = wait.text;
    item.append(wait.about, when);
    return item;
  });
  if (!waiting.length) {
    const item = document.createElement("li");
    item.className = "soft";
    item.textContent = words.panel_empty;
    waiting.push(item);
  }
  list.append(...waiting);
  part.append(name, list);
  return part;
}

async function look() {
  try {
    const answer = await fetch("/demo/state");
    if (answer.ok) show(await answer.json());
  } catch {
    // The stream already says that the connection is broken.
  }
}

function lookSoon() {
  clearTimeout(reading);
  reading = setTimeout(look, 250);
}

show(JSON.parse(document.getElementById("state").textContent));
setInterval(() => document.hidden || look(), LOOK_AGAIN);

// The clock

async function moveClock(to) {
  const buttons = document.querySelectorAll("[data-clock]");
  const wasOn = document.activeElement;
  buttons.forEach((button) => (button.disabled = true));
  now.parentElement.classList.add("moving");
  note.textContent = words.clock_moving;
  try {
    const state = await postJson("/demo/clock", { to });
    show(state);
    note.textContent = state.moved ? "" : words.clock_nothing;
  } catch {
    note.textContent = words.clock_failed;
  }
  now.parentElement.classList.remove("moving");
  buttons.forEach((button) => (button.disabled = false));
  if (wasOn?.dataset?.clock) wasOn.focus();
  setTimeout(() => (note.textContent = ""), 5000);
}

for (const button of document.querySelectorAll("[data-clock]")) {
  button.addEventListener("click", () => moveClock(button.dataset.clock));
}

// The guide

const DONE = "zhixing-demo-steps";
const done = new Set(JSON.parse(sessionStorage.getItem(DONE) ?? "[]"));

function markDone(name) {
  done.add(name);
  sessionStorage.setItem(DONE, JSON.stringify([...done]));
  showDone();
}

function showDone() {
  for (const step of document.querySelectorAll(".step")) {
    if (!done.has(step.dataset.step) || step.classList.contains("done")) continue;
    step.classList.add("done");
    const said = document.createElement("span");
    said.className = "sr";
    said.textContent = words.step_done;
    step.append(said);
  }
}

for (const step of document.querySelectorAll(".step")) {
  step.addEventListener("click", async () => {
    const { step: name, on, what, say } = step.dataset;
    turnTo(on);
    point(on);
    if (what === "say") byPhone.get(on).fill(say);
    else await moveClock(what);
    markDone(name);
  });
}

function point(phone) {
  const root = stage.querySelector(`[data-phone="${phone}"]`);
  root.scrollIntoView({ behavior: "smooth", block: "nearest", inline: "center" });
  root.classList.remove("flash");
  requestAnimationFrame(() => root.classList.add("flash"));
}

showDone();

// On a small screen one phone is shown at a time

function turnTo(shown) {
  stage.dataset.shown = shown;
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.tab === shown));
  }
  markUnread(shown, false);
  byPhone.get(shown)?.toEnd();
}

function markUnread(phone, isUnread) {
  const dot = document.querySelector(`[data-tab="${phone}"] .dot`);
  if (!dot) return;
  const chat = byPhone.get(phone);
  if (isUnread && chat.log.getAttribute("aria-busy") === "true") return; // history is not news
  dot.hidden = !isUnread;
  dot.textContent = "";
  if (isUnread) {
    const said = document.createElement("span");
    said.className = "sr";
    said.textContent = words.unread;
    dot.append(said);
  }
}

for (const tab of document.querySelectorAll("[data-tab]")) {
  tab.addEventListener("click", () => turnTo(tab.dataset.tab));
}

let touchedAt = null;
stage.addEventListener("touchstart", (event) => (touchedAt = event.changedTouches[0]), { passive: true });
stage.addEventListener("touchend", (event) => {
  const touch = event.changedTouches[0];
  const [across, down] = [touch.clientX - touchedAt.clientX, touch.clientY - touchedAt.clientY];
  const isOne = window.matchMedia("(max-width: 640px)").matches;
  if (!isOne || Math.abs(across) < 70 || Math.abs(across) < 2 * Math.abs(down)) return;
  if (event.target.closest(".chips, textarea")) return;
  const order = [...document.querySelectorAll("[data-tab]")].map((tab) => tab.dataset.tab);
  const next = order[order.indexOf(stage.dataset.shown) + (across < 0 ? 1 : -1)];
  if (next) turnTo(next);
});

// The language of the page and of the three people

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", async () => {
    await postJson("/demo/language", { language: button.dataset.language });
    location.reload();
  });
}
