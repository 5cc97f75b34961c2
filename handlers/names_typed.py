"""Which colleague: offered by name, or typed in any common way (林老师, 听小林的课)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.answers import Moment, Offer, Option, Said
from bot.errors import Unclear
from models import Person
from models.rules.wishes import CALLED

OFFERED = 6  # names to tap; any other can be typed


def people_facts(people: Sequence[Person]) -> dict[str, Any]:
    """Give these people to a conversation: who they are by key, and the first few to tap."""
    keyed = {f"p{place}": person for place, person in enumerate(people)}
    names = [person.name for person in people]
    labels = {
        key: f"{person.name} {person.subject}".strip() if names.count(person.name) > 1 else person.name
        for key, person in keyed.items()
    }
    return {
        "ids": {key: str(person.id) for key, person in keyed.items()},
        "names": labels,
        "people": [{"key": key, "label": labels[key]} for key in list(keyed)[:OFFERED]],
    }


def found_in(words: str, names: dict[str, str]) -> list[str]:
    """Return the keys of the people whom the words name: by the whole name, else by a part of it."""
    whole = [key for key, name in names.items() if _bare(name) and _bare(name) in words]
    if whole:
        longest = max(len(_bare(names[key])) for key in whole)
        return [key for key in whole if len(_bare(names[key])) == longest]
    part = part_of_name(words)
    return [key for key, name in names.items() if part and part in _bare(name)]


def named_in(words: str, names: dict[str, str]) -> list[str]:
    """Return the keys of the people whom a sentence names: 林晓 anywhere in it, or 林老师 and 小林 at its head."""
    called = CALLED.match(words)
    return found_in(words.lower(), names) or (found_in(called[0], names) if called else [])


def _bare(name: str) -> str:
    return name.split(" ")[0].removesuffix("老师").removesuffix("老師").lower()


def part_of_name(words: str) -> str:
    """Take a surname or a given name out of 听小林的课, 林老师."""
    bare = re.sub(r"^(听|聽|请|請|找|问|問)|(的课|的課|老师|老師|主任|的)+$|\s", "", words.strip().lower())
    bare = re.sub(r"(老师|老師|主任)$", "", bare)
    return re.sub(r"^小(?=.$)", "", bare)


@dataclass(frozen=True)
class colleague:
    """Reads the key of one of the people in the facts; `all_of` adds a last option that means all of them."""

    all_of: str | None = None

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the first few names."""
        offered = [Option(person["key"], person["label"]) for person in answers.facts["people"]]
        return [*offered, Option(self.all_of)] if self.all_of and len(answers.facts["names"]) > 1 else offered

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the key; a name that two people share is asked about."""
        if said.option is not None:
            return said.option
        names = answers.facts["names"]
        found = found_in(said.text.strip().lower(), names)
        if not found:
            raise Unclear("nobody_so_named")
        if len(found) > 1:
            raise Unclear("which_one", *(Offer(key, "person", {"name": names[key]}) for key in found[:4]))
        return found[0]
