// The real web chat: one person, one chat, entered by a link or a code.

import { Chat, follow, newId, post, postJson, words } from "./chat.js";

const csrf = { "x-csrf-token": document.querySelector('meta[name="csrf"]').content };
const root = document.querySelector("[data-phone]");
const door = {
  say: (body) => postJson("/chat/say", body, csrf),
  file: (id, file) => {
    const headers = { "content-type": file.type || "application/octet-stream", ...csrf };
    return post(`/chat/file?${new URLSearchParams({ id, name: file.name })}`, { body: file, headers });
  },
  lineFile: (line, number) => `/chat/lines/${line}/${number}`,
};
const chat = new Chat(root, door, Intl.DateTimeFormat().resolvedOptions().timeZone);

const welcome = document.createElement("p");
welcome.className = "hint";
welcome.textContent = chat.log.dataset.welcome;
chat.log.append(welcome);

// The stream shows one chat only, whatever it is called.
follow("/chat/events", { get: () => chat, values: () => [chat] }, (text) => chat.say(text));

// A link's payload is said once and by the page itself, so that a messenger's preview of the link uses nothing up.
if (root.dataset.start) {
  const said = { kind: "start", text: root.dataset.start, id: newId() };
  door.say(said).then(() => history.replaceState(null, "", "/chat"), () => chat.say(words.failed));
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => location.assign(`/chat?language=${button.dataset.language}`));
}

const leaving = document.getElementById("leaving");
document.getElementById("leave").addEventListener("click", () => leaving.showModal());
document.getElementById("stay").addEventListener("click", () => leaving.close());
document.getElementById("really-leave").addEventListener("click", async () => {
  await postJson("/chat/leave", {}, csrf);
  location.assign("/chat");
});
chat.box.focus();
