"""Random talks against a model in plain dicts: nothing typed is lost untold, and there is always a way out."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.buttons import LONGEST_OPTION, code_of
from bot.point import fold
from bot.render import Words
from bot.turned import ASK, CLOSED, FINISH, SILENT, WAIT
from tests.bot.toy import Chat, toy_words

ORDER = ("training", "mood", "why", "notes", "try_on", "ask", "look")
OPTIONS = {"mood": ("good", "so_so", "bad"), "look": ("send", "keep")}
MAY_SKIP = ("why", "notes", "ask")
REVISABLE = ("mood", "try_on")
DAYS = ("2026-09-17", "2026-09-30", "2026-10-09")
STRAY = "几点开会吗？"
MOST_STEPS = 12  # to finish the checklist from anywhere, each question once or twice

harmless = st.text("词句想写拼读", min_size=1, max_size=8)  # no beginning of a label, no word that works everywhere
_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
_made: list[Words] = []


def words() -> Words:
    """Make the toy words once for all talks."""
    if not _made:
        _made.append(toy_words(Path(_folder.name)))
    return _made[0]


def applies(question: str, answers: dict[str, Any]) -> bool:
    """Say in the model whether a question is asked."""
    return question != "why" or answers["mood"] != "good"


class Talks(RuleBasedStateMachine):
    """A teacher who types and taps whatever comes to her mind."""

    @initialize()
    def open(self) -> None:
        """Open the conversation."""
        self.chat = Chat(words())
        self.answers: dict[str, Any] = {}
        self.was: dict[str, Any] = {}
        self.pieces: list[Any] = []

    # The model

    @property
    def asked(self) -> str | None:
        """Derive the open question: the first that applies and has no answer."""
        return next((q for q in ORDER if q not in self.answers and applies(q, self.answers)), None)

    def store(self, value: Any) -> None:
        """Keep an answer to the open question and drop what no longer applies."""
        asked = self.asked
        assert asked is not None
        self.answers[asked] = value
        self.drop_what_no_longer_applies()
        self.was.pop(asked, None)
        if asked == "notes":
            self.pieces = []

    def drop_what_no_longer_applies(self) -> None:
        """Leave out a reason for what was not bad."""
        if "why" in self.answers and not applies("why", self.answers):
            del self.answers["why"]

    def take_out(self, question: str) -> None:
        """Put an answer aside, to be put back or replaced."""
        value = self.answers.pop(question)
        if value is not None:
            self.was[question] = value

    # What she does

    @rule(text=harmless, pick=st.integers(0, 2))
    def answers_plainly(self, text: str, pick: int) -> None:
        """Give a good answer, whatever else was being asked about just now."""
        asked = self.asked
        if asked in OPTIONS:
            option = OPTIONS[asked][pick % len(OPTIONS[asked])]
            self.chat.tap(option)
            self.store(option)
        elif asked == "notes":
            self.chat.say(text)
            self.pieces.append({"text": text, "files": []})
            assert self.chat.said == ["gathered"]
        else:
            value = DAYS[pick] if asked == "try_on" else text
            self.chat.say(value)
            self.store(value)
        self.begin_anew_at_the_end()

    @rule(is_typed=st.booleans())
    def skips(self, is_typed: bool) -> None:
        """Skip, which ends a gathering and is refused where an answer is needed."""
        asked = self.asked
        if not is_typed and "_skip" in self.chat.controls:
            self.chat.tap("_skip")
        else:
            self.chat.say("跳过")
        if asked == "notes" and self.pieces:
            self.store(self.pieces)
        elif asked in MAY_SKIP:
            self.store(None)
        else:
            assert self.chat.said == ["cannot_skip"]

    @rule()
    def is_done(self) -> None:
        """Say 好了, which means something only where pieces are gathered."""
        self.chat.say("好了")
        if self.asked == "notes":
            self.store(self.pieces or None)

    @rule(is_typed=st.booleans())
    def goes_back(self, is_typed: bool) -> None:
        """Take back the last piece, the last answer, or the wish to change one."""
        asked = self.asked
        if not is_typed and "_back" in self.chat.controls:
            self.chat.tap("_back")
        else:
            self.chat.say("返回")
        assert asked is not None
        before, behind = ORDER[: ORDER.index(asked)], ORDER[ORDER.index(asked) + 1 :]
        answered = [q for q in before if q in self.answers]
        if asked == "notes" and self.pieces:
            last = self.pieces.pop()
            assert self.chat.told == {"was": last["text"]}
        elif asked in self.was and any(q in self.answers for q in behind):
            self.store(self.was[asked])
        elif answered:
            self.take_out(answered[-1])
        else:
            assert self.chat.said == ["nothing_before"]

    @precondition(lambda self: self.asked in self.was)
    @rule()
    def keeps_what_was(self) -> None:
        """Put the answer back that was taken out."""
        self.chat.say("不改了")
        self.store(self.was[self.asked])
        self.begin_anew_at_the_end()

    @rule()
    def asks_something_else(self) -> None:
        """Type what sounds like a question of another kind."""
        self.chat.say(STRAY)
        if self.asked == "ask":
            self.store(STRAY)
        else:
            assert (self.chat.said, self.chat.turned.then) == (["stray"], WAIT)

    @precondition(lambda self: "stray" in self.chat.talk.air and "second" not in self.chat.talk.air)
    @rule(is_meant=st.booleans())
    def says_what_she_meant(self, is_meant: bool) -> None:
        """Count the stray question as the answer, or not."""
        meant = self.chat.talk.air["stray"]["text"].strip()  # as the reader takes it
        self.chat.tap("_take" if is_meant else "_leave")
        if is_meant and self.asked in ("training", "why"):
            self.store(meant)
        elif is_meant and self.asked == "notes":
            self.pieces.append({"text": meant, "files": []})
        else:
            assert self.chat.said  # she is told: it was left out, or it could not be read

    @precondition(lambda self: "mood" in self.answers and self.asked != "mood")
    @rule(option=st.sampled_from(OPTIONS["mood"]), is_newer=st.booleans())
    def taps_an_earlier_card(self, option: str, is_newer: bool) -> None:
        """Tap a choice that was made before: once more, or another one."""
        self.chat.tap(option, of="mood")
        if option == self.answers["mood"]:
            assert self.chat.turned.then == SILENT
            return
        assert self.chat.said == ["two_answers"]
        self.chat.say("用后一个" if is_newer else "用前一个")
        if is_newer:
            self.answers["mood"] = option
            self.drop_what_no_longer_applies()

    @precondition(lambda self: self.asked == "try_on")
    @rule(place=st.integers(0, 1), then=st.sampled_from(["tapped", "typed", "left"]))
    def names_a_day_that_does_not_exist(self, place: int, then: str) -> None:
        """Say 9月31日 and choose one of the days that are offered, or not."""
        self.chat.say("9月31日")
        assert self.chat.said == ["impossible_day"]
        if then == "tapped":
            self.chat.tap(self.chat.options[place])
        elif then == "typed":
            self.chat.say(str(place + 1))
        if then != "left":
            self.store(("2026-09-30", "2026-10-01")[place])

    @precondition(lambda self: self.asked == "look")
    @rule(question=st.sampled_from(REVISABLE), changes_her_mind=st.booleans())
    def revises(self, question: str, changes_her_mind: bool) -> None:
        """Choose in the preview what to change."""
        self.chat.tap("_revise")
        assert self.chat.turned.then == WAIT
        if not changes_her_mind:
            self.chat.tap(f"_r{code_of(question)}")
            self.take_out(question)

    @rule(is_later=st.booleans())
    def leaves_and_comes_back(self, is_later: bool) -> None:
        """Put it aside or cancel it, and take it up again."""
        self.chat.say("先放着" if is_later else "取消")
        assert self.chat.turned.then == CLOSED
        has_words = bool(self.answers or self.was or self.pieces)
        assert self.chat.talk.state == ("aside" if is_later else "draft" if has_words else "done")
        self.chat.talk.state, self.chat.talk.kept_until = "open", None
        self.chat.dialogue.settle()

    @precondition(lambda self: not {"second", "revising"} & set(self.chat.talk.air))
    @rule(text=st.text(max_size=30) | st.text("？?吗12①号、。 挺好累", max_size=6))
    def types_anything(self, text: str) -> None:
        """Type whatever a phone can send: it answers the open question, or she is told something."""
        asked = self.asked
        if self.chat.registry.word(fold(text)) is not None:
            return  # the words that work everywhere have their own rules
        self.chat.say(text)
        assert self.chat.turned.then in (ASK, WAIT, FINISH)
        pieces = self.chat.talk.air.get("pieces", {}).get("notes", [])
        if asked in self.chat.talk.answers:
            self.store(self.chat.talk.answers[asked])
        elif len(pieces) > len(self.pieces):
            self.pieces.append(pieces[-1])
        else:
            assert self.chat.said
        self.begin_anew_at_the_end()

    @rule(
        of=st.sampled_from((*ORDER, "unknown")),
        option=st.sampled_from(["_zzz", "_oAAAA", "_rAAAA", "_help", "o", "_"]),
    )
    def taps_what_is_no_longer_there(self, of: str, option: str) -> None:
        """Tap a card from last month: it changes nothing, or asks which of two answers counts."""
        self.chat.tap(option, of=of)
        assert self.chat.turned.then in (ASK, WAIT)
        assert self.chat.said in (["old_card_live"], ["two_answers"])
        self.chat.dialogue.settle()

    # What always holds

    def begin_anew_at_the_end(self) -> None:
        """Open a new talk when all is answered."""
        if self.asked is None:
            assert self.chat.turned.then == FINISH
            assert set(self.chat.talk.answers) == {q for q in ORDER if applies(q, self.answers)}
            self.open()

    @invariant()
    def what_was_said_is_kept(self) -> None:
        """Compare with the model: answers, what was taken out, and the pieces gathered."""
        air = self.chat.talk.air
        assert self.chat.talk.answers == self.answers
        assert air.get("was", {}) == self.was
        assert air.get("pieces", {}).get("notes", []) == self.pieces

    @invariant()
    def the_next_question_is_the_first_open_one(self) -> None:
        """Compare the open question with the model."""
        assert self.chat.asked == self.asked

    @invariant()
    def the_state_is_plain_json(self) -> None:
        """Write the state as the store does, and read it back unchanged."""
        for state in (self.chat.talk.answers, self.chat.talk.facts, self.chat.talk.air):
            assert json.loads(json.dumps(state)) == state

    @invariant()
    def there_is_a_way_out_on_the_screen(self) -> None:
        """Show buttons that fit, and always 先放着 or a pending choice."""
        options, controls = self.chat.options, self.chat.controls
        assert all(len(key) <= LONGEST_OPTION and key.isascii() and "." not in key for key in (*options, *controls))
        assert "_later" in controls or options
        assert len(set(options)) == len(options)

    def teardown(self) -> None:
        """Finish the talk from wherever it stands."""
        if not hasattr(self, "chat"):
            return
        for _ in range(MOST_STEPS):
            asked = self.chat.asked
            if asked in OPTIONS:
                self.chat.tap(OPTIONS[asked][0])
            else:
                self.chat.say({"notes": "好了", "try_on": DAYS[0]}.get(asked or "", "词"))
            if self.chat.turned.then == FINISH:
                return
        raise AssertionError(f"no end in sight: {self.chat.talk}")


TestTalks = Talks.TestCase
TestTalks.settings = settings(max_examples=100, stateful_step_count=25)
