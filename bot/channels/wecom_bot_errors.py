"""What the refusals on the AI bot's long connection mean for a message that was being sent."""

from datetime import timedelta

from bot.channels.wecom_errors import RATE, SET_UP, SOON, TOO_MUCH, Declined, WecomError
from bot.errors import SendFailed

# developer.work.weixin.qq.com/document/path/101463, and codes that implementers met; the 846xxx are in no table.
CONFLICT = {6000}  # another command of this chat is under way
NOT_CONTACTED = {93006}  # she has never written to the bot, or the chat is gone
MEANT_FOR_PUSH = {846605, 846608, 600039}  # this callback takes no answer (any more), a push may still go
AWAY = {"refused", "replaced"}
_BUSY = {-1, 45033}


def send_failed(error: WecomError, state: str) -> SendFailed:
    """Say what an error means for a message, while the connection is in a state."""
    if not isinstance(error, Declined):
        if not getattr(error, "never_left", False):
            return SendFailed("unknown", is_unknown=True)
        wait: timedelta = SET_UP if state in AWAY else SOON
        return SendFailed("unreachable", wait=wait, for_all=True)
    if error.code in RATE:
        return SendFailed("rate", wait=TOO_MUCH)
    if error.code in CONFLICT:
        return SendFailed("conflict", wait=SOON)
    if error.code in _BUSY:
        return SendFailed(f"busy_{error.code}", is_unknown=True)
    if error.code in NOT_CONTACTED:
        return SendFailed("not_contacted", permanent=True)
    # Anything else is our own mistake or unknown: final for this message, and seen by its code.
    return SendFailed(f"declined_{error.code}", is_unfit=True)
