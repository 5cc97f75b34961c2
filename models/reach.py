"""How the office reaches its people on the channels: who has never spoken, who blocked us, who is no member any more."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session, col, select

from models.accounts import listed_channels
from models.messages import Delivery, Outbound
from models.people import Address

NEVER, BLOCKED, LEFT, UNLICENSED = "never", "blocked", "left", "unlicensed"
# Why a platform refuses a person for good, by how the reason begins; anything else means that she blocked us.
GONE = (("not_contacted", NEVER), ("unlicense", UNLICENSED), ("invaliduser", LEFT), ("nobody_", LEFT))


def reach(session: Session) -> dict[UUID, str]:
    """Say of everybody with a listed account or a closed address why she is not reached; nothing of what was said.

    Who is reached on any channel is not named.
    """
    reached, closed, heard = set(), {}, set()
    for address in session.exec(select(Address).where(col(Address.person_id).is_not(None))):
        person_id = address.person_id
        assert person_id is not None
        if address.last_heard_at is not None:
            heard.add(person_id)
        if address.closed_at is None:
            reached.add(person_id)
        else:
            closed[address.id] = person_id
    found = {person_id: NEVER for person_id in listed_channels(session) if person_id not in heard}
    reasons = _last_reasons(session, closed)
    found |= {person_id: _why(reasons.get(address_id, "")) for address_id, person_id in closed.items()}
    return {person_id: why for person_id, why in found.items() if person_id not in reached}


def _last_reasons(session: Session, closed: Mapping[UUID, UUID]) -> dict[UUID, str]:
    """Give for each closed address why its last message was refused; a block comes without one."""
    query = (
        select(Outbound.address_id, Delivery.detail)
        .join(Delivery, col(Delivery.outbound_id) == Outbound.id)
        .join(Address, col(Address.id) == Outbound.address_id)
        .where(
            Delivery.outcome == "refused", Delivery.at >= col(Address.closed_at), col(Address.closed_at).is_not(None)
        )
        .order_by(col(Delivery.at))
    )
    return {address_id: detail or "" for address_id, detail in session.exec(query) if address_id in closed}


def _why(reason: str) -> str:
    return next((why for start, why in GONE if reason.startswith(start)), BLOCKED)
