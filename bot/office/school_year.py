"""Keep the school's year in step with the settings and with the official days that this version knows."""

from datetime import datetime

from bot.config import Settings
from bot.planning import replan_everyone
from bot.school import note_edit
from models.official_days import forget_official_days, seed_official_days
from models.school import school_state
from models.store import Store


def keep_school_year(store: Store, settings: Settings, now: datetime) -> list[int]:
    """Bring in the official days that are new to the store; return their years. Called whenever it is opened."""
    with store.writing() as session:
        follows = settings.holidays == "china"
        years = seed_official_days(session, now) if follows else []
        changed = bool(years) if follows else forget_official_days(session)
        state, is_quiet = school_state(session), settings.exam_weeks == "quiet"
        if state.is_quiet_in_exams != is_quiet:
            state.is_quiet_in_exams, changed = is_quiet, True
        if changed:
            note_edit(session)
            replan_everyone(session, now)
    return years
