"""A conversation is a checklist of named questions; its only state is the answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, SQLModel

from bot.answers import Moment, Reader, Said
from models import Person, Prompt
from models.quotes import Source


class Answers(dict[str, Any]):
    """What was answered so far, by question; `facts` is what the store said when the conversation opened."""

    def __init__(self, answers: Mapping[str, Any] = {}, facts: Mapping[str, Any] = {}) -> None:
        super().__init__(answers)
        self.facts: dict[str, Any] = dict(facts)


SKIPPED = None  # the stored answer of a question that was skipped


def always(_answers: Answers) -> bool:
    """Apply to everyone."""
    return True


def quotes_nobody(_answers: Answers) -> Iterable[Source]:
    """Show nobody else's words."""
    return ()


@dataclass(frozen=True)
class Question:
    """One question: its name is also the name of its block in the templates.

    `when` looks only at earlier answers and at facts. `optional` offers 跳过. `many` gathers pieces until 好了.
    `is_step` counts in "2/5"; a probe does not. `revises` names the questions that 修改 offers here, which makes
    this question a preview. `retypes` are those of them whose new value may be typed right here: 晚上八点以后 at 对吗？
    is one; what any words would fit is not among them, or a stray remark would replace them.
    """

    name: str
    reader: Reader
    when: Callable[[Answers], bool] = always
    optional: bool = False
    many: bool = False
    is_step: bool = True
    revises: tuple[str, ...] = ()
    retypes: tuple[str, ...] = ()
    expects_question: bool = False  # the answer may well end in a question mark: do not take it for a stray one
    quotes: Callable[[Answers], Iterable[Source]] = quotes_nobody  # whose words it shows, in itself or on a choice


@dataclass(frozen=True)
class Tap:
    """A button on a card: what it is called (a block, or a label already in words) and what it asks for.

    `option` "open" opens the conversation `handler` about `row`; any other option is looked up in the `taps` of
    `handler` (None: of the handler whose card this is).
    """

    option: str
    row: UUID | None = None
    handler: str | None = None
    label: str | None = None  # people's own words or a date; else the block `tap__<option>` of the handler's template
    block: str | None = None  # another block of the handler's template
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """A document to be made when the message leaves: its kind, and who will read it."""

    kind: str  # record, export; enclosure: the stored file `row`, as it came
    person_id: UUID
    row: UUID | None = None


@dataclass(frozen=True)
class Page:
    """One of our own pages to open: its path, and the block that names it."""

    path: str
    block: str


@dataclass(frozen=True)
class Place:
    """Where somebody speaks, as far as words depend on it; every block that answers her may ask."""

    pages: str = ""  # the address of our own pages; empty when there are none to open
    is_page: bool = False  # she speaks on one of them
    takes_documents: bool = True


@dataclass(frozen=True)
class Say:
    """Something to say: the block of a template with its facts and buttons, perhaps a document, perhaps a page to open.

    `after` and `key`: hold it back for so many seconds; the same key said again meanwhile replaces it.
    """

    block: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    buttons: tuple[Tap, ...] = ()
    template: str | None = None  # default: the handler's own
    form: Form | None = None
    after: float = 0.0  # seconds
    key: str | None = None
    page: Page | None = None
    quotes: tuple[Source, ...] = ()  # whose words it shows; the reader's own need not be named


@dataclass(frozen=True)
class Open:
    """Another conversation to open next."""

    name: str
    about: UUID | None = None
    rest: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)  # answers already known


@dataclass
class Outcome:
    """What a finished conversation, a command or a tap leads to; nothing of it happens before the commit."""

    say: list[Say] = field(default_factory=list)
    keep: list[SQLModel] = field(default_factory=list)
    open: Open | None = None
    replan: set[UUID] = field(default_factory=set)  # persons whose prompts or habits changed
    ring: set[str] = field(default_factory=set)  # loops to wake: attachments
    # What she takes back of hers: it is taken back from others too, and `taken_back` tells what is said how far.
    unsay: set[Source] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.replan |= {row.person_id for row in self.keep if isinstance(row, Prompt)}


def no_facts(_session: Session, _viewer: Person, _now: datetime, _about: UUID | None, _rest: str) -> dict[str, Any]:
    """Ask nothing of the store."""
    return {}


def nothing_fresh(_session: Session, _viewer: Person, _now: datetime, _facts: Mapping[str, Any]) -> dict[str, Any]:
    """Rest on what was read at the opening."""
    return {}


TapAnswer = Callable[[Session, Person, UUID | None, datetime], Outcome]
"""(session, who tapped, the row on the button, now) -> Outcome. Rights are checked here, at the tap."""


def nothing_quoted(_prompt: Prompt, _facts: dict[str, Any]) -> Iterable[Source]:
    """Show nobody else's words."""
    return ()


def nothing_enclosed(_prompt: Prompt, _facts: dict[str, Any]) -> tuple[Say, ...]:
    """Send nothing behind the card."""
    return ()


@dataclass(frozen=True)
class PromptKind:
    """How a prompt of one kind is said.

    `wanted` asks the store again at sending time and returns the facts for its blocks, or None to drop it. Blocks in
    the handler's template: `<name>` the whole card, `<name>__line` one line in a merged card. `buttons` get the facts,
    as does `encloses`: what is sent right behind the card, such as recordings.
    """

    name: str
    wanted: Callable[[Session, Person, Prompt, datetime], dict[str, Any] | None]
    buttons: Callable[[Prompt, dict[str, Any]], tuple[Tap, ...]]
    budgeted: bool = True
    encloses: Callable[[Prompt, dict[str, Any]], tuple[Say, ...]] = nothing_enclosed
    is_whole: bool = False  # a colleague's words: a merged card shows the whole card, not a line of it
    first_opens_all: bool = False  # the first button leads to all that the others do: a merged card shows it alone
    quotes: Callable[[Prompt, dict[str, Any]], Iterable[Source]] = nothing_quoted  # whose words the whole card shows


def never_plain(_words: str, _moment: Moment) -> bool:
    """Let words that may as well be an answer be one."""
    return False


@dataclass(frozen=True, eq=False)
class Conversation:
    """A conversation as data: what is asked, in which order, and what comes of it.

    `facts(session, viewer, now, about, rest)` is read once at opening and may raise Refused. `fresh(session, viewer,
    now, facts)` gives what others may take back meanwhile, such as words they shared: read anew at each turn, never
    stored with the talk, and laid over the facts. `finish(session, answers, person, now)` turns complete answers into records. `for_strangers`: may be held with someone we do not know yet;
    `finish` then gets the Person that `facts` or an answer named. `is_plain(words, moment)`: whether words of
    `phrases__alone` say so much that they open it in the middle of another talk too.
    """

    name: str
    questions: tuple[Question, ...]
    finish: Callable[[Session, Answers, Person, datetime], Outcome]
    command: str | None = None
    facts: Callable[[Session, Person, datetime, UUID | None, str], dict[str, Any]] = no_facts
    fresh: Callable[[Session, Person, datetime, Mapping[str, Any]], dict[str, Any]] = nothing_fresh
    taps: Mapping[str, TapAnswer] = field(default_factory=dict)
    prompts: tuple[PromptKind, ...] = ()
    keeps_draft: bool = True  # 取消 keeps what was written for 30 days
    takes_rest: bool = False  # words after the keyword belong to it: 听课 周五第1节
    is_plain: Callable[[str, Moment], bool] = never_plain

    def question(self, name: str) -> Question:
        """Find a question by name; raise KeyError."""
        return next((q for q in self.questions if q.name == name), None) or _missing(name)


def anywhere(_place: Place) -> str | None:
    """Be of use everywhere."""
    return None


@dataclass(frozen=True, eq=False)
class Command:
    """Something that is answered at once and asks nothing; its cards may carry buttons.

    `not_here` names the block that is said instead where the command is of no use.
    """

    name: str
    answer: Callable[[Session, Person, str, datetime], Outcome]
    command: str | None = None
    taps: Mapping[str, TapAnswer] = field(default_factory=dict)
    prompts: tuple[PromptKind, ...] = ()
    takes_rest: bool = False
    not_here: Callable[[Place], str | None] = anywhere


@dataclass(frozen=True, eq=False)
class Capture:
    """What becomes of words, photos and voice sent outside any conversation, and of edits of what was sent.

    `take(session, person, said, sent_at, now)`; `said.files` hold ids of Attachment rows already made. `edit(session,
    person, message_id, words, now)` returns None when it knows nothing of that message.
    """

    name: str
    take: Callable[[Session, Person, Said, datetime, datetime], Outcome]
    edit: Callable[[Session, Person, str, str, datetime], Outcome | None]
    taps: Mapping[str, TapAnswer] = field(default_factory=dict)
    prompts: tuple[PromptKind, ...] = ()
    command: str | None = None


Handler = Conversation | Command | Capture


def _missing(name: str) -> Question:
    raise KeyError(name)


def next_question(conversation: Conversation, answers: Answers) -> Question | None:
    """Return the first question that applies and has no answer yet."""
    for question in conversation.questions:
        if question.name not in answers and question.when(answers):
            return question
    return None


def pruned(conversation: Conversation, answers: Answers) -> Answers:
    """Drop the answers of questions that no longer apply, in checklist order, so each `when` sees only what holds."""
    kept = Answers(facts=answers.facts)
    for question in conversation.questions:
        if question.name in answers and question.when(kept):
            kept[question.name] = answers[question.name]
    return kept


def last_answered(conversation: Conversation, answers: Answers, open_now: Question | None) -> Question | None:
    """Return the question before the open one that has an answer given in this conversation, for 上一步."""
    known, last = answers.facts.get("known", ()), None
    for question in conversation.questions:
        if question is open_now:
            break
        if question.name in answers and question.name not in known:
            last = question
    return last


def progress(conversation: Conversation, answers: Answers, question: Question) -> tuple[int, int]:
    """Count the place of `question` among the steps that apply or may still apply: (2, 5)."""
    steps = [q for q in conversation.questions if q.is_step and (q.name in answers or _may_apply(q, answers))]
    before = [q for q in steps if q.name in answers and q is not question]
    return len(before) + 1, max(len(steps), len(before) + 1)


def _may_apply(question: Question, answers: Answers) -> bool:
    try:
        return question.when(answers)
    except KeyError:  # it hangs on an answer that is still to come
        return True
