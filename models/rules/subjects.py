"""What a person may switch off, one subject at a time: which kinds of prompts belong to it.

Not among them are a colleague's own words, what changes an appointment, and the weekly digest, which has a rhythm of
its own under 周报.
"""

from collections.abc import Collection

SUBJECTS: dict[str, frozenset[str]] = {
    "training": frozenset({"training_note"}),
    "follow_up": frozenset({"follow_up", "follow_up_again", "follow_up_closing"}),
    "visit": frozenset({"observation_evening", "observation_soon", "observation_feedback"}),
    "rule": frozenset({"reminder_rule"}),
}


def is_switched_off(kind: str, quiet_about: Collection[str]) -> bool:
    """Say whether a kind of prompt belongs to a subject that is switched off; an unknown subject switches off nothing."""
    return any(kind in SUBJECTS.get(subject, ()) for subject in quiet_about)
