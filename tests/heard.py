"""What a step of a dialogue led to: the blocks that were said, and what each phone shows."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Bubble:
    """One message as a phone shows it."""

    text: str
    html: str
    buttons: list[dict[str, str]]
    form: dict[str, Any] | None
    row: int
    link: str = ""  # the address that opens at a touch

    @property
    def labels(self) -> list[str]:
        """List what the buttons say."""
        return [button["label"] for button in self.buttons]

    @property
    def options(self) -> list[str]:
        """List the keys of the options behind the buttons."""
        return [button["data"].split(".")[4] for button in self.buttons]


@dataclass
class Heard:
    """What one step led to: the blocks that were said, and the new messages of each phone."""

    blocks: list[str]
    bubbles: dict[str, list[Bubble]] = field(default_factory=dict)
    who: str = "lin"

    @property
    def text(self) -> str:
        """Give all that the speaker reads."""
        return "\n".join(bubble.text for bubble in self.bubbles.get(self.who, ()))

    @property
    def link(self) -> str:
        """Give the address that the speaker can open."""
        return next((bubble.link for bubble in self.bubbles.get(self.who, ()) if bubble.link), "")

    def to(self, who: str) -> str:
        """Give all that somebody else reads."""
        return "\n".join(bubble.text for bubble in self.bubbles.get(who, ()))
