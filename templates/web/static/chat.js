// One chat: its lines, its buttons and its composer. Where the words go and come from is handed in.

import { lightNodes } from "./light.js";

export const words = JSON.parse(document.getElementById("words").textContent);
const PAUSE = 30 * 60 * 1000; // after so long a silence the time is shown again

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// An id of its own for each post; crypto.randomUUID is missing where a school opens the page by plain http.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Refusal extends Error {}

// Post and answer what the server said; a refusal carries the server's reason.
export async function post(address, options) {
  const answer = await fetch(address, { method: "POST", ...options });
  if (answer.ok) return answer.json();
  const said = await answer.json().catch(() => ({}));
  throw new Refusal(said.error ?? "failed");
}

export function postJson(address, body, headers = {}) {
  const all = { "content-type": "application/json", ...headers };
  return post(address, { headers: all, body: JSON.stringify(body) });
}

export class Chat {
  // `door` knows the addresses: say(body), file(id, file) and lineFile(line, number).
  constructor(root, door, zone) {
    this.root = root;
    this.door = door;
    this.zone = zone;
    this.log = root.querySelector(".log");
    this.scroller = this.log;
    this.newest = root.querySelector(".newest");
    this.form = root.querySelector(".composer");
    this.box = root.querySelector("textarea");
    this.picker = root.querySelector(".files");
    this.notice = root.querySelector(".notice");
    this.seen = new Set();
    this.pending = new Map();
    this.lastAt = null;
    this.lastOurs = null;
    this.onLine = () => {};
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendBox();
    });
    this.box.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter chooses a character.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.sendBox();
    });
    this.box.addEventListener("input", () => this.fit());
    this.box.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      files.forEach((file) => this.sendFile(file));
    });
    this.root.querySelector(".attach").addEventListener("click", () => this.picker.click());
    this.picker.addEventListener("change", async () => {
      const files = [...this.picker.files];
      this.picker.value = "";
      for (const file of files) await this.sendFile(file);
    });
    this.root.querySelector(".chips")?.addEventListener("click", (event) => {
      const chip = event.target.closest(".chip");
      if (chip) this.sayText(chip.dataset.say);
    });
    this.newest.addEventListener("click", () => this.toEnd());
    this.scroller.addEventListener("scroll", () => {
      if (this.isAtEnd()) this.newest.hidden = true;
    });
  }

  fit() {
    this.form.querySelector(".send").disabled = !this.box.value.trim();
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
  }

  fill(text) {
    this.box.value = text;
    this.fit();
    this.box.focus();
  }

  sendBox() {
    const text = this.box.value.trim();
    if (!text) return;
    this.box.value = "";
    this.fit();
    this.sayText(text);
  }

  sayText(text) {
    return this.send({ kind: "text", text, id: newId() }, make("div", "bubble", text));
  }

  tap(label, data, button) {
    button.setAttribute("aria-pressed", "true");
    const body = { kind: "button", text: label, button: data, id: newId() };
    return this.send(body, make("div", "bubble tapped", label));
  }

  async sendFile(file) {
    const shown = make("div", "bubble", `${words.file} · ${file.name}`);
    const id = newId();
    await this.deliver(id, shown, () => this.door.file(id, file));
  }

  send(body, shown) {
    return this.deliver(body.id, shown, () => this.door.say(body), body.kind === "text" ? body.text : "");
  }

  // Show at once what is on its way; the same id goes out again when it must, so nothing is said twice.
  async deliver(id, shown, send, text = "") {
    if (!this.pending.has(id)) {
      const line = make("div", "line mine pending");
      line.append(shown, make("span", "sr", words.sending));
      this.pending.set(id, line);
      this.put(line);
      this.toEnd();
    }
    this.say("");
    try {
      await send();
      this.showTyping();
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : "failed";
      this.failed(id, reason, () => this.deliver(id, shown, send, text), text);
    }
  }

  failed(id, reason, again, text) {
    const line = this.pending.get(id);
    if (!line) return; // it did arrive: the stream has already shown it
    if (text && reason === "too_large") this.fill(text + this.box.value); // her words are hers to shorten
    if (["too_large", "kind_not_taken", "empty"].includes(reason)) {
      line.remove();
      this.pending.delete(id);
      this.say(words[text ? "too_long" : reason]);
      return;
    }
    line.querySelector(".trouble")?.remove();
    line.querySelector(".sr")?.remove();
    const trouble = make("div", "trouble");
    const button = make("button", "", words.again);
    button.type = "button";
    button.addEventListener("click", () => {
      trouble.remove();
      again();
    });
    trouble.append(make("span", "", words[reason] ?? words.failed), button);
    line.append(trouble);
    this.toEnd();
  }

  say(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  showTyping() {
    clearTimeout(this.typingEnds);
    if (!this.typing) {
      this.typing = make("div", "line typing");
      this.typing.setAttribute("aria-hidden", "true");
      const bubble = make("div", "bubble");
      bubble.append(make("i"), make("i"), make("i"));
      this.typing.append(bubble);
    }
    const wasAtEnd = this.isAtEnd();
    this.log.append(this.typing);
    if (wasAtEnd) this.toEnd();
    this.typingEnds = setTimeout(() => this.typing.remove(), 6000);
  }

  // A line from the stream: of the bot, or of this person herself (also from another tab).
  add(line) {
    if (this.seen.has(line.id)) return;
    this.seen.add(line.id);
    if (line.gone) {
      this.takeBack(line.gone);
      return;
    }
    this.log.querySelector(".hint")?.remove();
    const wasAtEnd = this.isAtEnd();
    const known = line.post && this.pending.get(line.post);
    this.markTime(line.at);
    const element = this.shown(line);
    if (known) {
      this.pending.delete(line.post);
      known.remove();
    } else if (this.log.getAttribute("aria-busy") === "false") element.classList.add("fresh");
    if (line.ours) {
      clearTimeout(this.typingEnds);
      this.typing?.remove();
      this.markPast();
    }
    this.put(element);
    if (wasAtEnd || known) this.toEnd();
    else this.newest.hidden = false;
    this.onLine(line);
  }

  // A line that its writer took back; the buttons below it go with it.
  takeBack(id) {
    this.log.querySelector(`[data-line="${id}"]`)?.remove();
  }

  // What is still on its way stays below what has arrived.
  put(element) {
    const first = [...this.pending.values()].find((line) => line.isConnected);
    if (first && first !== element) first.before(element);
    else if (this.typing?.isConnected) this.typing.before(element);
    else this.log.append(element);
  }

  markPast() {
    for (const old of this.log.querySelectorAll(".line:not(.past) > .answers")) old.parentElement.classList.add("past");
  }

  markTime(at) {
    const moment = new Date(at);
    const isSame = this.lastAt && moment - this.lastAt < PAUSE && this.dayOf(moment) === this.dayOf(this.lastAt);
    if (!isSame) {
      const day = make("p", "day", this.timeOf(moment));
      this.put(day);
      this.lastOurs = null;
    }
    this.lastAt = moment;
  }

  dayOf(moment) {
    return moment.toLocaleDateString("en-CA", { timeZone: this.zone });
  }

  timeOf(moment) {
    const parts = { month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return new Intl.DateTimeFormat(document.documentElement.lang, { ...parts, timeZone: this.zone }).format(moment);
  }

  shown(line) {
    const element = make("div", line.ours ? "line ours" : "line mine");
    element.dataset.line = line.id;
    if (this.lastOurs === line.ours && line.ours) element.classList.add("same");
    this.lastOurs = line.ours;
    element.append(make("span", "sr", line.ours ? words.bot_says : words.you_say));
    const isWords = line.ours ? line.html : line.text;
    if (isWords) {
      const bubble = make("div", "bubble");
      if (line.ours) bubble.append(lightNodes(line.html));
      else bubble.textContent = line.text;
      element.append(bubble);
    }
    line.files.forEach((file, number) => element.append(this.fileOf(line, file, number)));
    if (line.link) element.append(this.linkOf(...line.link));
    if (line.buttons) element.append(this.answers(line.buttons));
    return element;
  }

  fileOf(line, file, number) {
    const link = make("a", file.kind === "photo" ? "picture" : "document");
    link.href = this.door.lineFile(line.id, number);
    if (file.kind === "photo") {
      link.target = "_blank";
      const image = make("img");
      image.alt = `${words.photo} ${file.name}`;
      image.addEventListener("load", () => this.isNearEnd() && this.toEnd());
      // Not every browser shows every kind of photo; its name then stands for it.
      image.addEventListener("error", () => link.replaceChildren(...this.documentParts(file)));
      image.src = link.href;
      link.append(image);
      return link;
    }
    link.download = file.name || "";
    link.append(...this.documentParts(file));
    return link;
  }

  documentParts(file) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M6 3.5h8l4 4V20.5H6zM14 3.5v4h4M9 12h6M9 15.5h6");
    svg.append(path);
    const text = make("span", "", file.name || words[file.kind] || words.file);
    text.append(make("small", "", sizeOf(file.size)));
    return [svg, text];
  }

  linkOf(label, address) {
    const block = make("div", "answers");
    const link = make("a", "answer", label);
    if (/^https?:\/\//.test(address)) link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    block.append(link);
    return block;
  }

  answers(rows) {
    const block = make("div", "answers");
    for (const row of rows) {
      const line = make("div");
      for (const [label, data] of row) {
        const button = make("button", "answer", label);
        button.type = "button";
        button.dataset.option = data.split(".")[4] ?? "";
        button.addEventListener("click", () => this.tap(label, data, button));
        line.append(button);
      }
      block.append(line);
    }
    return block;
  }

  isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60;
  }

  isNearEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 400;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.newest.hidden = true;
  }
}

function sizeOf(bytes) {
  if (!bytes) return "";
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

// One stream for all chats of the page. The browser takes it up again after a break, from the last line it saw.
export function follow(address, chats, onTrouble) {
  const stream = new EventSource(address);
  let settled;
  stream.addEventListener("message", (event) => {
    const line = JSON.parse(event.data);
    chats.get(line.chat)?.add(line);
  });
  stream.addEventListener("open", () => {
    onTrouble("");
    // What is history is not read aloud; what comes from now on is.
    clearTimeout(settled);
    settled = setTimeout(() => {
      for (const chat of chats.values()) chat.log.setAttribute("aria-busy", "false");
    }, 400);
  });
  stream.addEventListener("error", () => {
    onTrouble(stream.readyState === EventSource.CLOSED ? words.come_in_again : words.offline);
  });
  window.addEventListener("pagehide", () => stream.close());
  return stream;
}
