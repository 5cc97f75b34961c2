"""The people on the other side of the fake Telegram: what they write, tap, send and block."""

from typing import Any

from tests.fakes.telegram_html import units
from tests.fakes.telegram_methods import file_json
from tests.fakes.telegram_state import Chat, SentMessage, StoredFile, Tap, TelegramState, Waiting

Update = dict[str, Any]
BLOCKED = "Forbidden: bot was blocked by the user"
KICKED = "Forbidden: bot was kicked from the supergroup chat"


class People:
    """Everything a person can do; what reaches the bot returns its update_id."""

    state: TelegramState

    def knows(self, chat_id: int, name: str | None = None, language: str | None = "") -> Chat:
        """Let this chat be one that has written before, without an update."""
        with self.state.changed:
            chat = self.state.chat(chat_id)
            chat.may_write = True
            chat.name = name or chat.name
            chat.language = chat.language if language == "" else language
            return chat

    def says(
        self,
        chat_id: int,
        text: str,
        name: str | None = None,
        language: str | None = "",
        reply_to: int | None = None,
        **fields: Any,
    ) -> int:
        """Write a text in private; `language=None` means the client tells none."""
        self.knows(chat_id, name, language)
        return self._writes(chat_id, chat_id, reply_to, **_text(text), **fields)

    def starts(self, chat_id: int, payload: str = "", **who: Any) -> int:
        """Press Start, perhaps on a link with a payload; unblocks the bot as at Telegram."""
        self.knows(chat_id).closed = None
        return self.says(chat_id, f"/start {payload}".strip(), **who)

    def says_in_group(
        self, group_id: int, user_id: int, text: str, name: str | None = None, title: str = "教研组群"
    ) -> int:
        """Write a text in a group (a negative id) that the bot is in."""
        assert group_id < 0, "the id of a group is negative"
        self.knows(group_id, title, None)
        author = self.state.chat(user_id)
        author.name = name or author.name
        return self._writes(group_id, user_id, None, **_text(text))

    def sends_photo(
        self,
        chat_id: int,
        content: bytes,
        caption: str | None = None,
        album: str | None = None,
        size: int | None = None,
    ) -> int:
        """Send a photo; those of one album share the name given here."""
        stored = self._uploads("photos", content, "photo.jpg", size)
        return self._sends_file(chat_id, "photo", stored, caption, album)

    def sends_voice(self, chat_id: int, content: bytes, caption: str | None = None, size: int | None = None) -> int:
        """Send a voice message."""
        return self._sends_file(chat_id, "voice", self._uploads("voice", content, "voice.oga", size), caption)

    def sends_document(
        self,
        chat_id: int,
        name: str,
        content: bytes,
        caption: str | None = None,
        mime: str | None = None,
        size: int | None = None,
    ) -> int:
        """Send a document; `size` in bytes may be claimed beyond the content."""
        stored = self._uploads("documents", content, name, size)
        return self._sends_file(chat_id, "document", stored, caption, None, mime)

    def sends_sticker(self, chat_id: int, emoji: str = "👍") -> int:
        """Send a sticker."""
        sticker = {
            **self._uploads("stickers", b"webp", "sticker.webp").as_json(), "type": "regular", "width": 512,
            "height": 512, "is_animated": False, "is_video": False, "emoji": emoji,
        }  # fmt: skip
        return self._sends(chat_id, sticker=sticker)

    def sends_location(self, chat_id: int, latitude: float = 30.25, longitude: float = 120.17) -> int:
        """Send a place."""
        return self._sends(chat_id, location={"latitude": latitude, "longitude": longitude})

    def sends_contact(self, chat_id: int, phone: str = "+8600000000000", first_name: str = "老师") -> int:
        """Send a contact card."""
        return self._sends(chat_id, contact={"phone_number": phone, "first_name": first_name})

    def edits(self, chat_id: int, message_id: int, text: str) -> int:
        """Change a text this person sent before (its id: `message_of(update_id)`)."""
        with self.state.changed:
            old = self.state.raw[chat_id][message_id]
            new = {**old, **_text(text), "edit_date": int(self.state.now())}
            self.state.raw[chat_id][message_id] = new
            return self.state.arrive("edited_message", new, chat_id)

    def taps(self, chat_id: int, label_or_data: str, message_id: int | None = None, by: int | None = None) -> int:
        """Press a button, of this message or of the newest one that has it.

        A tap on a deleted message arrives as an inaccessible one. A key of a reply keyboard writes its label.
        """
        with self.state.changed:
            message = self._with_button(chat_id, label_or_data, message_id)
            button = message.button(label_or_data)
            assert button is not None
            if button.data is None:
                assert button.url is None, f"{button.text} opens {button.url} and tells the bot nothing"
                return self.says(chat_id, button.text)
            return self.taps_forged(chat_id, button.data, message.message_id, by)

    def taps_forged(self, chat_id: int, data: str, message_id: int, by: int | None = None) -> int:
        """Send any callback data, whether or not such a button was ever shown."""
        with self.state.changed:
            state = self.state
            tap = Tap(f"{4_000_000_000 + len(state.taps)}", chat_id, data, state.now())
            state.taps[tap.id] = tap
            gone = {"chat": state.chat(chat_id).as_json(), "message_id": message_id, "date": 0}
            query = {
                "id": tap.id, "from": state.chat(by or chat_id).as_user(), "chat_instance": "1", "data": data,
                "message": state.raw.get(chat_id, {}).get(message_id, gone),
            }  # fmt: skip
            return state.arrive("callback_query", query, chat_id)

    def deletes(self, chat_id: int, message_id: int) -> None:
        """Delete a message from the chat; bots are not told."""
        with self.state.changed:
            del self.state.raw[chat_id][message_id]
            if message_id in self.state.sent.get(chat_id, {}):
                self.state.amend(chat_id, message_id, deleted=True)

    def blocks(self, chat_id: int) -> int:
        """Block the bot (or throw it out of a group)."""
        self.knows(chat_id).closed = BLOCKED if chat_id > 0 else KICKED
        return self._membership(chat_id, "member", "kicked")

    def unblocks(self, chat_id: int) -> int:
        """Let the bot write again."""
        self.knows(chat_id).closed = None
        return self._membership(chat_id, "kicked", "member")

    def group_moves(self, old_id: int, new_id: int) -> int:
        """Upgrade a group: its id changes, the old one refuses with the new one."""
        with self.state.changed:
            self.knows(new_id, self.state.chat(old_id).name, None)
            self.state.chat(old_id).moved_to = new_id
            return self._writes(old_id, old_id, None, migrate_to_chat_id=new_id)

    # Updates that no client would send.

    def injects(self, update: Update) -> int:
        """Queue an update exactly as given; only a missing update_id is filled in."""
        with self.state.changed:
            update_id = update.get("update_id", self.state.next_update_id())
            whole = update if "update_id" in update else {"update_id": update_id, **update}
            self.state.queue(Waiting(update_id, whole, None, "raw", self.state.now()))
            return int(update_id)

    def poison(self, chat_id: int | None = None) -> int:
        """Queue an update that python-telegram-bot cannot parse: a chat without its type."""
        chat = {"id": chat_id or 1}
        return self.injects({"message": {"message_id": 1, "date": int(self.state.now()), "chat": chat}})

    def redelivers(self, update_id: int) -> None:
        """Hand an update out once more, even one that was confirmed."""
        update = self.state.known[update_id]
        if self.state.webhook.url:
            self.state.queue(update)
            return
        with self.state.changed:
            self.state.again.append(update)
        self.state.on_arrival()

    def message_of(self, update_id: int) -> int:
        """Return the message_id inside an update."""
        update = self.state.known[update_id].update
        message = update.get("message") or update.get("edited_message") or update["callback_query"]["message"]
        return int(message["message_id"])

    # How it is done.

    def _writes(self, chat_id: int, user_id: int, reply_to: int | None, **fields: Any) -> int:
        with self.state.changed:
            if reply_to is not None:
                fields["reply_to_message"] = self.state.raw[chat_id][reply_to]
            author = self.state.chat(user_id).as_user()
            return self.state.arrive("message", self.state.new_message(chat_id, author, **fields), chat_id)

    def _sends(self, chat_id: int, **fields: Any) -> int:
        self.knows(chat_id)
        return self._writes(chat_id, chat_id, None, **fields)

    def _uploads(self, folder: str, content: bytes, name: str, size: int | None = None) -> StoredFile:
        with self.state.changed:
            return self.state.store_file(folder, content, name, size)

    def _sends_file(
        self,
        chat_id: int,
        kind: str,
        stored: StoredFile,
        caption: str | None,
        album: str | None = None,
        mime: str | None = None,
    ) -> int:
        media = file_json(kind, stored)
        fields: dict[str, Any] = {kind: {**media, "mime_type": mime} if mime else media}
        fields |= {"caption": caption} if caption else {}
        fields |= {"media_group_id": album} if album else {}
        return self._sends(chat_id, **fields)

    def _membership(self, chat_id: int, before: str, now: str) -> int:
        with self.state.changed:
            chat = self.state.chat(chat_id)
            change = {
                "chat": chat.as_json(), "from": chat.as_user(), "date": int(self.state.now()),
                "old_chat_member": self._member(before), "new_chat_member": self._member(now),
            }  # fmt: skip
            return self.state.arrive("my_chat_member", change, chat_id)

    def _member(self, status: str) -> dict[str, Any]:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"status": status, "user": self.state.bot, **until}

    def _with_button(self, chat_id: int, label_or_data: str, message_id: int | None) -> SentMessage:
        sent = self.state.sent.get(chat_id, {})
        wanted = [sent[message_id]] if message_id is not None else [m for m in sent.values() if not m.deleted]
        found = [message for message in wanted if message.button(label_or_data)]
        assert found, f"no button {label_or_data!r} in chat {chat_id}; there are {[m.labels for m in wanted]}"
        return found[-1]


def _text(text: str) -> dict[str, Any]:
    """Return the text with the entity every client marks: a command at its start."""
    if not text.startswith("/") or len(text.split()[0]) < 2:
        return {"text": text}
    command = {"type": "bot_command", "offset": 0, "length": units(text.split()[0])}
    return {"text": text, "entities": [command]}
