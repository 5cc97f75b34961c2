"""An edit on the phone of what was said in a talk: the piece or the answer it was takes the new words."""

from typing import Any

from bot.answers import Said
from bot.conversation import Answers, Question, Say, pruned
from bot.errors import Unclear
from bot.point import Point, fold, fold_label
from bot.turned import ASK, SILENT, WAIT, Turned


class Edits(Point):
    """What becomes of the pieces and answers of a talk when their messages are edited.

    Words with files know their message themselves; for plain answers `air["said"]` tells it by question, and
    `air["before"]` keeps what stood there earlier.
    """

    def edited(self, message_id: str, words: str) -> Turned | None:
        """Take over the changed words of a message that was an answer or a piece here; None when it was neither."""
        for question in self.conversation.questions:
            pieces, answer = self._pieces(question), self.talk.answers.get(question.name)
            if any(_is_from(piece, message_id) for piece in pieces):
                return self._reworded(question, pieces, message_id, words, is_gathering=True)
            listed = answer if isinstance(answer, list) else [answer]
            if any(_is_from(piece, message_id) for piece in listed):
                return self._reworded(question, listed, message_id, words, is_gathering=False)
            if answer is not None and message_id and self._messages().get(question.name) == message_id:
                return self._reread(question, answer, words)
        return None

    def _reworded(
        self, question: Question, listed: list[Any], message_id: str, words: str, is_gathering: bool
    ) -> Turned:
        old = next(piece for piece in listed if _is_from(piece, message_id))
        if not words.strip() or words == old["text"]:
            return Turned(SILENT)  # platforms also report an edit when nothing was reworded
        try:
            value = question.reader.read(Said(words, files=tuple(old["files"])), self.said(), self.moment)
        except Unclear as unclear:
            return Turned(ASK, (Say(unclear.reason, unclear.facts),))
        new = old | value | {"before": [*old.get("before", ()), old["text"]]}  # the earlier words become a version
        changed = [new if piece is old else piece for piece in listed]
        if is_gathering:
            self._hang(pieces=self.talk.air["pieces"] | {question.name: changed})
            return Turned(WAIT, (Say("edited_here", {"words": new["text"]}),))
        return self._changed(question, changed if question.many else new, new["text"])

    def _reread(self, question: Question, old: Any, words: str) -> Turned:
        """Read an answer again as it says now: a label, a day, a sentence."""
        key = next((one.key for one in self._own_choices(question) if fold_label(one.label) == fold(words)), None)
        try:
            value = question.reader.read(Said(words, key), self.said(), self.moment)
        except Unclear as unclear:
            return Turned(ASK, (Say(unclear.reason, unclear.facts),)) if words.strip() else Turned(SILENT)
        if value == old:
            return Turned(SILENT)
        before = self.talk.air.get("before", {})
        self._hang(before=before | {question.name: [*before.get(question.name, ()), old]})
        return self._changed(question, value, self.shown(question, value))

    def _changed(self, question: Question, value: Any, shown: str) -> Turned:
        """Put the new answer in its place; what is open now is asked again where it may read differently."""
        was = self.question
        answers = Answers(self.talk.answers | {question.name: value}, self.said().facts)
        self.talk.answers = dict(pruned(self.conversation, answers))
        is_same = self.question is was and not (was and was.revises)
        return Turned(WAIT if is_same else ASK, (Say("edited_here", {"words": shown}),))

    def _messages(self) -> dict[str, str]:
        return dict(self.talk.air.get("said", {}))

    def _note_message(self, question: Question, value: Any, message_id: str) -> None:
        """Remember which message answered a question, or that none did: a tap has no words to edit."""
        knows_itself = isinstance(value, dict) and "message" in value
        if not knows_itself and (message_id or question.name in self._messages()):
            self._hang(said=self._messages() | {question.name: message_id})


def marked(value: Any, message_id: str) -> Any:
    """Keep with words and files the message they came in, so that an edit on the phone finds them."""
    return value | {"message": message_id} if message_id and isinstance(value, dict) and "files" in value else value


def _is_from(piece: Any, message_id: str) -> bool:
    return isinstance(piece, dict) and bool(message_id) and piece.get("message") == message_id
