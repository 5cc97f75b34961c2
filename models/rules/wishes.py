"""两周后问问她的分层作业: read when, whom and what out of one sentence that asks for a 问询."""

import re
from dataclasses import dataclass

# When stands before the asking; in English it may stand behind as well.
_SENTENCES = (
    re.compile(
        r"(?P<when>.{1,16}?)[,，]?\s*(?:再|帮我|幫我|请你?|請你?|替我)*(?:问一?问|問一?問|问一?下|問一?下|问|問)(?P<rest>.+)"
    ),
    re.compile(r"(?P<when>(?:in|on|next|tomorrow)\b.{0,30}?),?\s+(?:please\s+)?ask\s+(?P<rest>.+)", re.IGNORECASE),
    re.compile(r"(?:please\s+)?ask\s+(?P<rest>.+?)\s+(?P<when>(?:in|on|next)\s.{2,24}|tomorrow)", re.IGNORECASE),
)
CALLED = re.compile(r"小?[一-鿿]{1,2}(?:老师|老師)|小[一-鿿]")
_ONE = re.compile(r"(?:她们?|他们?|她們|他們|ta|her|him|them)(?=\W|的|[一-鿿]|$)", re.IGNORECASE)
_ALL = re.compile(r"(?:大家|各位|他们|她们|他們|她們|them|everyone|everybody)(?=\W|[一-鿿]|$)", re.IGNORECASE)
_LINK = re.compile(
    r"^(?:老师|老師)?(?:们|們)?[,，:：\s]*(?:关于|關於|的|那个|那個|about\s+(?:her|his|their|the)?\s*|'s\s+|’s\s+)?"
)
_ASKS = re.compile(
    r"(?:怎么样了?|怎樣了?|如何了?|怎么.{0,8}|怎麼.{0,8}|吗|嗎|呢|没有?|沒有?|什么.{0,6}|什麼.{0,6}|哪.{0,6}|几.{0,4}|多少.{0,4}|[?？])[。.!！]?$"
    r"|^(?:how|what|when|where|which|who|why|if|whether|did|does|do|is|are|was|were|has|have)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wish:
    """A wish to ask, as far as it was read: the words that name a day, those behind 问问, and whether all are meant."""

    when: str
    rest: str

    @property
    def is_of_one(self) -> bool:
        """Say whether it speaks of 她, with whom only one person can be meant."""
        return _ONE.match(self.rest) is not None and not self.is_of_all

    @property
    def is_of_all(self) -> bool:
        """Say whether it speaks of 大家."""
        return _ALL.match(self.rest) is not None

    def subject(self, name: str) -> str:
        """Give what is to be asked, without the person it is asked of (`name` as it was written, or nothing)."""
        rest = self.rest.strip()
        found = re.match(re.escape(name), rest) if name else (_ALL.match(rest) or _ONE.match(rest))
        return _LINK.sub("", rest[found.end() :] if found else rest, count=1).strip(" ,，。.!！")


def read_wish(said: str) -> Wish | None:
    """Read a wish to ask; None for anything else, such as the bare name of a colleague."""
    for form in _SENTENCES:
        if found := form.fullmatch(said.strip().rstrip("。.!！")):
            return Wish(found["when"], found["rest"])
    return None


def is_question(subject: str) -> bool:
    """Say whether the subject can be asked as it stands: 试得怎么样, not 分层作业."""
    return _ASKS.search(subject) is not None
