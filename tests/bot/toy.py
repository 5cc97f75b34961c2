"""A toy conversation with its own words, small enough to know by heart, and a chat that plays it without a store."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from bot.answers import Moment, Said, choice, day, text
from bot.buttons import code_of
from bot.conversation import Answers, Capture, Command, Conversation, Outcome, Question
from bot.point import Talk
from bot.registry import Registry
from bot.render import LANGUAGES, Words
from bot.talk import Dialogue
from bot.turned import ASK, Turned
from models import Person

NOW = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)  # a Wednesday, 16:00 in Shanghai
MOMENT = Moment(NOW, "Asia/Shanghai")

COMMON = """
{% block name %}知行{% endblock %}
{% block word__back %}上一步|返回{% endblock %}
{% block word__skip %}跳过{% endblock %}
{% block word__later %}先放着{% endblock %}
{% block word__cancel %}取消|算了{% endblock %}
{% block word__help %}帮助{% endblock %}
{% block word__done %}好了{% endblock %}
{% block asking %}？|?|吗|呢|怎么弄{% endblock %}
{% block tap__back %}上一步{% endblock %}
{% block tap__skip %}跳过{% endblock %}
{% block tap__later %}先放着{% endblock %}
{% block tap__done %}好了{% endblock %}
{% block tap__keep %}不改了{% endblock %}
{% block tap__revise %}改一改{% endblock %}
{% block tap__take %}算作回答{% endblock %}
{% block tap__leave %}不算{% endblock %}
{% block tap__newer %}用后一个{% endblock %}
{% block tap__older %}用前一个{% endblock %}
{% block offer__day %}{{ day | day }}{% endblock %}
{% block offer__this_day %}就{{ day | day }}{% endblock %}
"""

TOY = """
{% block name %}小样{% endblock %}
{% block keyword %}写小样|小样{% endblock %}
{% block phrases %}
听 (?P&lt;rest&gt;.+) 的课
看看小样(一下)?
{% endblock %}
{% block training %}哪一场？{% endblock %}
{% block mood %}怎么样？{% endblock %}
{% block mood__good %}挺好{% endblock %}
{% block mood__so_so %}挺一般{% endblock %}
{% block mood__bad %}累了{% endblock %}
{% block mood__name %}心情{% endblock %}
{% block why %}为什么？{% endblock %}
{% block notes %}发几段。{% endblock %}
{% block try_on %}哪天试？{% endblock %}
{% block try_on__in_2_weeks %}两周后 {{ day | day }}{% endblock %}
{% block try_on__name %}日子{% endblock %}
{% block ask %}想问什么？{% endblock %}
{% block look %}这样发吗{% endblock %}
{% block look__send %}发出{% endblock %}
{% block look__keep %}留着{% endblock %}
"""

OTHERS = {
    "jot": "{% block name %}随手记{% endblock %}",
    "leave": "{% block name %}请假{% endblock %}{% block keyword %}请假|休息 一下{% endblock %}",
    "visit": "{% block name %}听课{% endblock %}{% block keyword %}听课|Visit{% endblock %}",
}


def is_not_good(answers: Answers) -> bool:
    """Ask why only when something was not good."""
    return answers["mood"] != "good"


def is_weekday(found: Any) -> bool:
    """Hold school from Monday to Friday."""
    return found.weekday() < 5


def finish(_session: Any, _answers: Answers, _person: Person, _now: datetime) -> Outcome:
    """Keep nothing: only the steps are tested."""
    return Outcome()


TOY_TALK = Conversation(
    name="toy",
    command="toy",
    questions=(
        Question("training", text(at_most=60)),
        Question("mood", choice("good", "so_so", "bad")),
        Question("why", text(), when=is_not_good, optional=True, is_step=False),
        Question("notes", text(files=True), many=True, optional=True),
        Question("try_on", day(quick=(("in_2_weeks", "in 2 weeks"),), needs_school=True)),
        Question("ask", text(), optional=True, expects_question=True),
        Question("look", choice("send", "keep"), revises=("mood", "try_on")),
    ),
    finish=finish,
)

VISIT = Conversation(
    name="visit", command="visit", questions=(Question("when", text()),), finish=finish, takes_rest=True
)


def no_answer(*_anything: Any) -> Outcome:
    """Answer nothing."""
    return Outcome()


JOT = Capture(name="jot", take=no_answer, edit=no_answer)
LEAVE = Command(name="leave", answer=no_answer, command="leave")
HANDLERS = (TOY_TALK, VISIT, LEAVE, JOT)


def toy_words(folder: Path) -> Words:
    """Write the toy templates for every language and read them."""
    for language in LANGUAGES:
        place = folder / language
        place.mkdir(parents=True, exist_ok=True)
        for name, source in {"common": COMMON, "toy": TOY, **OTHERS}.items():
            (place / f"{name}.j2").write_text(source, encoding="utf-8")
    return Words(folder)


@cache
def registry_of(words: Words) -> Registry:
    """Look the toy handlers up, once."""
    return Registry(HANDLERS, words)


class Chat:
    """Plays a conversation as the shell does: a new Dialogue for every step, the state through JSON in between."""

    def __init__(
        self, words: Words, conversation: Conversation = TOY_TALK, facts: dict[str, Any] | None = None
    ) -> None:
        self.words = words
        self.registry = registry_of(words)
        self.conversation = conversation
        self.talk = Talk(UUID(int=1), UUID(int=2), conversation.name, NOW, NOW, facts=facts or {})
        self.turned = Turned(ASK)

    @property
    def dialogue(self) -> Dialogue:
        """Take the talk in the hand, as it comes from its row."""
        for name in ("answers", "facts", "air"):
            setattr(self.talk, name, json.loads(json.dumps(getattr(self.talk, name), ensure_ascii=False)))
        asks = self.registry
        return Dialogue(self.conversation, self.talk, MOMENT, self._label, asks.word, asks.asks)

    def _label(self, block: str, facts: dict[str, Any]) -> str:
        return self.words.label("zh_Hans", "toy", block, {"person": Person(name=""), **facts})

    @property
    def asked(self) -> str | None:
        """Name the question that is open."""
        question = self.dialogue.question
        return question.name if question else None

    @property
    def options(self) -> list[str]:
        """List the keys of the choices that are shown."""
        return [shown.key for shown in self.dialogue.choices()]

    @property
    def labels(self) -> list[str]:
        """List the words of the choices that are shown."""
        return [shown.label for shown in self.dialogue.choices()]

    @property
    def controls(self) -> list[str]:
        """List the controls that are shown."""
        return [shown.key for shown in self.dialogue.controls()]

    @property
    def said(self) -> list[str]:
        """Name the blocks that the last step said."""
        return [say.block for say in self.turned.say]

    @property
    def told(self) -> dict[str, Any]:
        """Give the facts of what the last step said."""
        return {name: value for say in self.turned.say for name, value in say.facts.items()}

    def say(self, *texts: str) -> "Chat":
        """Type, once or several times."""
        for words in texts:
            self._step(self.dialogue.heard(Said(text=words)))
        return self

    def files(self, *ids: str, caption: str = "") -> "Chat":
        """Send files."""
        return self._step(self.dialogue.heard(Said(text=caption, files=ids)))

    def tap(self, option: str, of: str | None = None) -> "Chat":
        """Tap a button of the open question, or of another one's card."""
        return self._step(self.dialogue.tapped(code_of(of or self.asked or ""), option))

    def _step(self, turned: Turned) -> "Chat":
        self.turned = turned
        if turned.then == ASK:
            self.dialogue.settle()
        return self
