"""What a tapped button asks for: an answer, a conversation, a card's own deed, or to go on with what was put aside."""

from datetime import timedelta
from uuid import UUID

from bot.buttons import ANSWER, CARD, OPEN, RUN, Forged, Pressed, code_of
from bot.conversation import Command, Conversation, progress
from bot.point import Talk
from bot.stage import ENGINE, Stage
from bot.turned import ASK, FINISH, Turned

DOUBLE_TAP = timedelta(seconds=10)  # a second tap on a finished conversation within this time says nothing


class Taps:
    """Reads the data of buttons; rights are checked here by the address, and by each handler at the tap."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def press(self, data: str) -> None:
        try:
            pressed = self.stage.house.signer.read(self.stage.voice.address, data)
        except Forged:
            self.stage.say("common", "not_yours")
            return
        verbs = {ANSWER: self._tap_answer, OPEN: self._tap_open, CARD: self._tap_card, RUN: self._tap_run}
        verbs[pressed.verb](pressed)

    def _tap_answer(self, pressed: Pressed) -> None:
        talk = self.stage.talk
        if talk is None or talk.id != pressed.row:
            talk = self._taken_up(pressed.row)
        if talk is not None:
            dialogue = self.stage.dialogue(talk)
            self.stage.step(talk, dialogue.tapped(pressed.code, pressed.option))
            self.stage.keep_loose(dialogue)

    def _taken_up(self, row: UUID | None) -> Talk | None:
        """Go on with what the old card belongs to if it was put aside, else say kindly that it is over."""
        found = self.stage.batch.find(self.stage.owner_id, row) if row else None
        if found is not None and found.state == "aside":
            return self.stage.switch_to(found.id)
        if found is not None and found.state == "done" and self.stage.now - found.touched_at < DOUBLE_TAP:
            return None
        self._old_card()
        return None

    def _old_card(self) -> None:
        self.stage.say("common", "old_card" if self.stage.talk is None else "old_card_live")
        self.stage.ask_again()

    def _tap_open(self, pressed: Pressed) -> None:
        handler = self.stage.house.registry.coded(pressed.code)
        if isinstance(handler, Conversation) and not self.stage.is_stranger:
            self.stage.open(handler.name, pressed.row, "")
        else:
            self._old_card()

    def _tap_run(self, pressed: Pressed) -> None:
        handler = self.stage.house.registry.coded(pressed.code)
        if isinstance(handler, Command) and not self.stage.is_stranger:
            self.stage.answer_command(handler, "")
        elif isinstance(handler, Conversation) and not self.stage.is_stranger:
            self.stage.open(handler.name, None, "")
        else:
            self._old_card()

    def _tap_card(self, pressed: Pressed) -> None:
        if pressed.code == _ENGINE_CODE:
            self._tap_engine(pressed)
            return
        handler = self.stage.house.registry.coded(pressed.code)
        answer = handler.taps.get(pressed.option) if handler is not None else None
        if handler is None or answer is None:
            self._old_card()
            return
        self.stage.attempt(
            handler.name, lambda: answer(self.stage.session, self.stage.person, pressed.row, self.stage.now)
        )

    def _tap_engine(self, pressed: Pressed) -> None:
        row = pressed.row
        if pressed.option == "resume" and row is not None:
            self._resume(row)
        elif pressed.option == "drop" and row is not None:
            self._drop(row)
        else:
            self._old_card()

    def _resume(self, row: UUID) -> None:
        talk = self.stage.switch_to(row)
        if talk is None:
            self.stage.say("common", "gone")
            return
        conversation = self.stage.conversation(talk)
        question = self.stage.dialogue(talk).question
        if question is not None:
            step, steps = progress(conversation, talk.said(), question)
            self.stage.say("common", "resumed", handler=conversation.name, step=step, steps=steps)
            self._remind_of_last(talk)
        self.stage.step(talk, Turned(ASK if question is not None else FINISH))

    def _remind_of_last(self, talk: Talk) -> None:
        dialogue = self.stage.dialogue(talk)
        said = [q for q in dialogue.conversation.questions if talk.answers.get(q.name)]
        if said:
            self.stage.say("common", "resumed_last", last=dialogue.shown(said[-1], talk.answers[said[-1].name]))

    def _drop(self, row: UUID) -> None:
        talk = self.stage.batch.find(self.stage.owner_id, row)
        if talk is None or talk.state == "done":
            self.stage.say("common", "gone")
            return
        open_talk = self.stage.talk
        self.stage.end(open_talk if open_talk is not None and open_talk.id == row else talk)
        self.stage.say("common", "draft_dropped")


_ENGINE_CODE = code_of(ENGINE)
