"""加入: from an invite code to a person we know, with who-sees-what and when-may-I before anything is written.

A code that fits opens the conversation anew, about its invite: what is asked then rests on facts of the store.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Option, Said, choice
from bot.conversation import Answers, Conversation, Open, Outcome, PromptKind, Question, Say, Tap
from bot.errors import Refused, Unclear
from handlers.hours import chosen_hours, hours_questions, set_hours
from models import Address, AuditEvent, Invite, Person, Prompt
from models.accounts import listed_at, unlist
from models.invites import (
    find_invite,
    misread_invite,
    new_invite,
    note_wrong_code,
    paused_until,
    read_code,
    state_of,
    units_of,
)
from models.people import office_people, roles_of
from models.prompts import key_exists
from models.rules.contact import PERSONAL

WISH_KEPT = timedelta(days=14)  # how long the office may still usefully hear of someone at the door


class InviteCode:
    """Reads an invite code; what is no code is answered with where codes come from, and costs no try."""

    def options(self, answers: Any, moment: Moment) -> tuple[Option, ...]:
        """Offer a word to those without a code, and to those who only look around."""
        return (Option("no_code"), Option("what"))

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return six capital letters and digits; raise Unclear."""
        if said.option is not None:
            raise Unclear({"no_code": "where_from", "what": "what_i_do"}[said.option])
        code = read_code(said.text)
        if code is None:
            raise Unclear("not_a_code")
        return code


# What the store says


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Say whose invite this is, or only whether a code was tried before; refuse who has joined or tried too often."""
    address = session.get(Address, viewer.id)
    if address is None:
        raise Refused("already_in")
    invite = session.get(Invite, about) if about else None
    if invite is not None:
        return _facts_of(session, invite, now)
    until = paused_until(address, now)
    if until is not None:
        raise Refused("rest_a_while", until=until)
    code = read_code(rest)
    listed = listed_at(session, address)
    if listed is not None and code is None:
        return _facts_of_listed(session, listed)
    return {"again": address.wrong_codes > 0, **({"answers": {"code": code}} if code else {})}


def _facts_of(session: Session, invite: Invite, now: datetime) -> dict[str, Any]:
    owner = session.get_one(Person, invite.person_id)
    stands = "expired" if owner.left_at is not None else state_of(invite, now)
    known = {"listed": "", "invite": str(invite.id), "kind": invite.kind, "stands": stands, "right": invite.code}
    if stands != "live":
        # Nobody is told whose code it was: whoever holds it may have found it.
        return {**known, "expired_on": invite.expires_at.isoformat()}
    return {**known, "name": owner.name, "units": units_of(session, owner.id), "subject": owner.subject,
            "classes": list(owner.classes)}  # fmt: skip


def _facts_of_listed(session: Session, owner: Person) -> dict[str, Any]:
    """Say whom the office's list names for this chat: the platform vouches for her, so she is asked for no code."""
    return {"listed": str(owner.id), "kind": "join", "stands": "live", "right": "", "name": owner.name,
            "units": units_of(session, owner.id), "subject": owner.subject, "classes": list(owner.classes),
            "answers": {"code": ""}}  # fmt: skip


def is_dead(answers: Answers) -> bool:
    """Say whether a code from the office once fitted and does no more."""
    return bool(answers.facts.get("stands", "live") != "live" and answers.facts["kind"] == "join")


def was_misread(answers: Answers) -> bool:
    """Say whether what was typed only looks like the code."""
    return answers.facts.get("stands") == "live" and answers.get("code") != answers.facts["right"]


def is_meant(answers: Answers) -> bool:
    """Say whether a live invite is on the table."""
    return answers.facts.get("stands") == "live" and answers.get("meant", "use") == "use"


def joins(answers: Answers) -> bool:
    """Say whether she joins now; a second channel of somebody who has joined asks nothing more."""
    return bool(is_meant(answers) and answers.get("is_me") == "yes" and answers.facts["kind"] == "join")


def goes_on(answers: Answers) -> bool:
    """Say whether she has seen who may read what and goes on."""
    return joins(answers) and "go_on" in (answers.get("privacy"), answers.get("privacy_more"))


# What comes of it


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Look up a code, or do what was decided about the invite it belongs to."""
    address = session.get_one(Address, person.id)
    if answers.facts.get("listed"):
        return _finish_listed(session, address, answers, now)
    if "invite" not in answers.facts:
        return _look_up(session, address, answers["code"], now)
    invite = session.get_one(Invite, UUID(answers.facts["invite"]))
    if answers.facts["stands"] != "live" and invite.kind == "link":
        return Outcome([Say("link_over")], open=Open("join"))
    if is_dead(answers):
        return (
            _tell(session, invite.person_id, f"invite:{invite.id}", "old_code", now)
            if answers["tell"] == "tell"
            else Outcome([Say("not_told")])
        )
    if answers.get("meant") == "again":
        return Outcome(open=Open("join"))
    if answers["is_me"] == "no":
        return _not_hers(session, invite, now)
    if answers.get("privacy_more") == "ask_first":
        return Outcome([Say("asking_first")])
    if state_of(invite, now) != "live":  # somebody was faster, or time ran out
        return Outcome(open=Open("join", about=invite.id, answers={"code": invite.code}))
    return (
        _link(session, address, invite, now) if invite.kind == "link" else _join(session, address, invite, answers, now)
    )


def _finish_listed(session: Session, address: Address, answers: Answers, now: datetime) -> Outcome:
    """Let in whom the list names; when it named the wrong one, take her off and tell the office."""
    owner = session.get_one(Person, UUID(answers.facts["listed"]))
    if answers["is_me"] == "no":
        unlist(session, address)
        return _tell(session, owner.id, f"account:{address.id}", "wrong_account", now)
    if answers.get("privacy_more") == "ask_first":
        return Outcome([Say("asking_first_listed")])
    if owner.left_at is not None:
        return Outcome(open=Open("join"))
    return _in(address, owner, answers, now)


def _look_up(session: Session, address: Address, code: str, now: datetime) -> Outcome:
    until = paused_until(address, now)
    if until is not None:
        return Outcome([Say("rest_a_while", {"until": until})])
    invite = find_invite(session, code)
    if invite is None:
        # Counted before a look-alike is suggested: a suggestion is worth as much as a code.
        note_wrong_code(address, now)
        invite = misread_invite(session, code, now)
    if invite is not None:
        return Outcome(open=Open("join", about=invite.id, answers={"code": code}))
    if until := paused_until(address, now):
        return Outcome([Say("rest_a_while", {"until": until})])
    return Outcome([Say("wrong_code", {"code": code})], open=Open("join"))


def _join(session: Session, address: Address, invite: Invite, answers: Answers, now: datetime) -> Outcome:
    invite.used_at = now
    return _in(address, session.get_one(Person, invite.person_id), answers, now)


def _in(address: Address, person: Person, answers: Answers, now: datetime) -> Outcome:
    set_hours(person, chosen_hours(answers))
    person.joined_at = person.joined_at or now
    outcome = _bound(address, person, "joined", now)
    outcome.say = [
        Say(
            "joined",
            {"name": person.name, "may_contact": person.may_contact},
            (Tap("cmd", handler="help", block="tap__help"),),
        )
    ]
    return outcome


def _link(session: Session, address: Address, invite: Invite, now: datetime) -> Outcome:
    person = session.get_one(Person, invite.person_id)
    invite.used_at = now
    outcome = _bound(address, person, "linked", now)
    outcome.say = [Say("linked", {"name": person.name})]
    return outcome


def _bound(address: Address, person: Person, what: str, now: datetime) -> Outcome:
    address.person_id, address.wrong_codes, address.wrong_since = person.id, 0, None
    event = AuditEvent(at=now, what=what, person_id=person.id, facts={"channel": address.channel})
    return Outcome(keep=[event], replan={person.id})


def _not_hers(session: Session, invite: Invite, now: datetime) -> Outcome:
    if invite.kind == "link":
        invite.tries += 1
        return Outcome([Say("not_linked")])
    return _tell(session, invite.person_id, f"invite:{invite.id}", "wrong_hands", now)


def _tell(session: Session, owner_id: UUID, key: str, kind: str, now: datetime) -> Outcome:
    """Let the office know, once a day at most; of the stranger nothing is known that could be told."""
    office = office_people(session)
    if not office:
        return Outcome([Say("office_not_here")])
    keys = {f"{key}/{kind}:{now:%Y-%m-%d}:{one.id}": one for one in office}
    prompts = [
        Prompt(
            key=key, person_id=one.id, kind=kind, about_id=owner_id, due_at=now, expires_at=now + WISH_KEPT,
            manner=PERSONAL, made_at=now,
        )
        for key, one in keys.items()
        if not key_exists(session, key)
    ]  # fmt: skip
    return Outcome([Say(f"told__{kind}")], keep=[*prompts])


# What the office hears


def _still_outside(session: Session, _office: Person, prompt: Prompt, _now: datetime) -> dict[str, Any] | None:
    """Name whose code it was, unless she has left."""
    owner = session.get(Person, prompt.about_id) if prompt.about_id else None
    if owner is None or owner.left_at is not None:
        return None
    has_joined = owner.joined_at is not None
    return {"name": owner.name, "units": units_of(session, owner.id), "has_joined": has_joined}


def _reissue_tap(prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("reissue", prompt.about_id),)


def reissue(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Make a new code for somebody; only the office may."""
    owner = session.get(Person, row) if row and "office" in roles_of(session, person.id) else None
    if owner is None or owner.left_at is not None or person.left_at is not None:
        return Outcome([Say("gone")])
    invite = new_invite(session, owner.id, now)
    return Outcome(
        [Say("new_code", {"name": owner.name, "code": invite.code, "until": invite.expires_at})], keep=[invite]
    )


conversation = Conversation(
    name="join",
    questions=(
        Question("code", InviteCode(), expects_question=True),
        Question("tell", choice("tell", "no"), when=is_dead),
        Question("meant", choice("use", "again"), when=was_misread, is_step=False),
        Question("is_me", choice("yes", "no"), when=is_meant),
        Question("privacy", choice("go_on", "whether"), when=joins),
        Question(
            "privacy_more",
            choice("go_on", "ask_first"),
            when=lambda a: joins(a) and a.get("privacy") == "whether",
            is_step=False,
        ),
        *hours_questions(goes_on),
    ),
    finish=finish,
    facts=facts,
    taps={"reissue": reissue},
    prompts=(
        PromptKind("old_code", _still_outside, _reissue_tap, budgeted=False),
        PromptKind("wrong_hands", _still_outside, _reissue_tap, budgeted=False),
        PromptKind("wrong_account", _still_outside, _reissue_tap, budgeted=False),
    ),
    keeps_draft=False,
)
