"""日历文件: the visits she agreed to, as one file for her phone's calendar."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Form, Outcome, Say
from models import Person
from models.observations import coming_observations


def answer(session: Session, person: Person, _rest: str, now: datetime) -> Outcome:
    """Hand over every visit that is agreed and still to come; the file is made when the message leaves."""
    agreed = [one for one in coming_observations(session, person.id, now) if one.state == "agreed"]
    if not agreed:
        return Outcome(say=[Say("nothing_agreed")])
    return Outcome(say=[Say("here", {"count": len(agreed)}, form=Form("calendar", person.id))])


command = Command(name="calendar_file", command="ics", answer=answer)
