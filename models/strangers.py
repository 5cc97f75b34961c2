"""Who wrote once and never joined, or was unbound: forgotten with all that their chat still holds."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from models.conversations import Conversation
from models.messages import ChatLine, Delivery, Outbound
from models.people import Address
from models.quotes import Quote

# As long as an invitation lives and a draft is kept, so that nobody who is about to join has to begin anew.
STRANGERS_KEPT = timedelta(days=30)
AT_ONCE = 500  # addresses forgotten in one transaction


def forget_strangers(session: Session, now: datetime) -> int:
    """Forget addresses without a person that were silent for a month, with their chat; return how many.

    What a web chat showed goes with its lines; the files of these go with the next sweep of the channel.
    """
    heard = func.coalesce(col(Address.last_heard_at), col(Address.made_at))
    silent = select(col(Address.id)).where(col(Address.person_id).is_(None), heard < now - STRANGERS_KEPT)
    ids = list(session.scalars(silent.limit(AT_ONCE)))
    if not ids:
        return 0
    sent = select(col(Outbound.id)).where(col(Outbound.address_id).in_(ids))
    session.execute(delete(ChatLine).where(col(ChatLine.address_id).in_(ids)))
    session.execute(delete(Conversation).where(col(Conversation.owner_id).in_(ids)))
    session.execute(delete(Quote).where(col(Quote.outbound_id).in_(sent)))
    session.execute(delete(Delivery).where(col(Delivery.outbound_id).in_(sent)))
    session.execute(delete(Outbound).where(col(Outbound.address_id).in_(ids)))
    session.execute(delete(Address).where(col(Address.id).in_(ids)))
    return len(ids)
