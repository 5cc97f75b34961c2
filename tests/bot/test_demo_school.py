"""The demo's school: whole, told by nobody real, and planned as the handlers would have planned it."""

import re
from datetime import date, timedelta

import pytest
from sqlmodel import Session, SQLModel, select

from bot.answers import Moment
from bot.demo.play import PHONES
from bot.demo.school import OPENS, seed
from bot.demo.story import COLLEAGUES, ENTRIES
from bot.planning import plan_for
from bot.render import LANGUAGES
from bot.school import school_clock
from handlers.asking import ask_on
from handlers.lesson_slot import read_slot
from handlers.observation_set import reminders
from handlers.swap_slot import both_sides
from handlers.timetables import Timetables
from models import Action, Address, Entry, Observation, Person, Prompt
from models.actions import open_actions, own_record
from models.chat_lines import person_of_chat
from models.entries import KINDS, own_entries, words_of
from models.people import group_mates_of, mentors_of, supervisors_of
from models.shared import recently_shared
from models.store import Store
from tests.world import WORDS


@pytest.fixture
def session():
    store = Store("sqlite://")
    SQLModel.metadata.create_all(store.writer)
    with Session(store.writer) as session:
        seed(session)
        yield session
    store.close()


def teacher_of(session: Session) -> Person:
    person = person_of_chat(session, PHONES["teacher"])
    assert person is not None
    return person


def test_each_phone_belongs_to_one_who_has_joined(session):
    for phone, chat in PHONES.items():
        person = person_of_chat(session, chat)
        assert person is not None, phone
        assert person.joined_at is not None


def test_the_three_belong_together(session):
    teacher = teacher_of(session)
    assert [p.name for p in mentors_of(session, teacher.id, date(2026, 9, 16))] == ["陈静安"]
    assert [p.name for p in supervisors_of(session, teacher.id)] == ["王立群"]
    assert len(group_mates_of(session, teacher.id)) >= 5  # a circle large enough for counts in the digest


def test_the_teacher_has_written_and_tried_and_noted_down(session):
    teacher = teacher_of(session)
    assert len(own_entries(session, teacher.id)) >= 3
    assert len(open_actions(session, teacher.id)) == 1
    assert len(own_record(session, teacher.id)) == 1


def test_the_leader_finds_something_of_the_teacher_in_the_coming_week(session):
    leader = person_of_chat(session, PHONES["leader"])
    assert leader is not None
    shared = recently_shared(session, leader.id, OPENS.date(), OPENS - timedelta(days=5))
    assert "林晓" in [item.who for item in shared]
    assert len({item.who for item in shared}) >= 3


def test_private_words_stay_private(session):
    leader = person_of_chat(session, PHONES["leader"])
    assert leader is not None
    shared = recently_shared(session, leader.id, OPENS.date(), OPENS - timedelta(days=90))
    assert shared
    shown = "\n".join(word for item in shared for word in item.words)
    private = [entry for entry in session.exec(select(Entry)) if not (entry.to_supervisor or entry.to_group)]
    assert len(private) >= 3
    for entry in private:
        assert words_of(entry.parts).splitlines()[0] not in shown


def test_every_moment_lies_before_the_opening(session):
    assert all(entry.written_at < OPENS for entry in session.exec(select(Entry)))


def test_kinds_of_entries_are_known():
    assert {kind for _, _, kind, *_ in ENTRIES} <= set(KINDS)


def test_names_are_different():
    assert len({colleague.name for colleague in COLLEAGUES}) == len(COLLEAGUES)


def told(prompt: Prompt) -> tuple:
    return prompt.key, prompt.person_id, prompt.kind, prompt.facts, prompt.due_at, prompt.expires_at, prompt.manner


def test_prompts_of_the_observation_are_those_the_handler_makes(session):
    lesson = session.exec(select(Observation).where(Observation.state == "agreed")).one()
    seeded = session.exec(select(Prompt).where(Prompt.about_id == lesson.id)).all()
    assert sorted(map(told, seeded)) == sorted(map(told, reminders(session, lesson, OPENS)))


def test_prompts_of_actions_are_those_the_handler_makes(session):
    actions = session.exec(select(Action).where(Action.state == "open")).all()
    for action in actions:
        seeded = session.exec(select(Prompt).where(Prompt.about_id == action.id)).one()
        person = session.get_one(Person, action.person_id)
        expected = told(seeded)
        session.delete(seeded)
        session.flush()
        assert expected == told(ask_on(session, action, action.try_until, person, OPENS))


def test_whoever_has_no_phone_here_is_not_written_to(session):
    persons_with_chat = {address.person_id for address in session.exec(select(Address))}
    for person in session.exec(select(Person)):
        if person.id not in persons_with_chat:
            assert plan_for(session, person, OPENS).at is None


@pytest.mark.parametrize(("language", "told"), [("en", "stays in Chinese"), ("zh_Hant", "保留簡體")])
def test_the_page_says_in_which_language_the_seeded_school_wrote(language: str, told: str) -> None:
    assert told in WORDS.label(language, "web", "made_up", {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_swap_that_the_guide_suggests_takes_the_coming_visit_along(session: Session, language: str) -> None:
    hint = re.search("[「“](?:调课|調課|swap) (.+?)[」”]", WORDS.label(language, "web", "guide_intro", {}))
    assert hint is not None
    visit = session.exec(select(Observation).where(Observation.state == "agreed")).one()
    moment = Moment(OPENS, "Asia/Shanghai", school_clock(session))
    (day, period), (to_day, to_period) = (read_slot(words, moment) for words in both_sides(hint[1]))
    assert (day, period) == (visit.day, visit.period) and to_day is not None and to_period is not None
    tables = Timetables(session, moment.zone, OPENS)
    held = tables.at(visit.teacher_id, visit.day, visit.period)
    assert held is not None and moment.school.is_open(to_day, to_period)
    assert tables.of_class(held.lesson.class_name, to_day, to_period) is None
    assert [tables.busy(one, to_day, to_period) for one in (visit.teacher_id, visit.observer_id)] == [None, None]
