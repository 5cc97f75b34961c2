"""What we know: the nouns of the school, as tables."""

from models.accounts import Account
from models.actions import Action, CheckIn
from models.attachments import Attachment
from models.audit import AuditEvent, Mark
from models.conversations import Conversation
from models.digests import Digest
from models.entries import Entry, EntryVersion
from models.messages import ChatLine, Delivery, Inbound, Outbound
from models.observations import Observation
from models.people import Absence, Address, Invite, Membership, Pairing, Person, Unit, UnitBranch
from models.prompts import Prompt
from models.questions import Question
from models.quotes import Quote
from models.reminders import Reminder
from models.school import BellTable, Lesson, LessonMove, SchoolDay, SchoolState, Term
from models.trainings import Attendance, Training

__all__ = [
    "Absence", "Account", "Action", "Address", "Attachment", "Attendance", "AuditEvent", "BellTable", "ChatLine", "CheckIn",
    "Conversation", "Delivery", "Digest", "Entry", "EntryVersion", "Inbound", "Invite", "Lesson", "LessonMove", "Mark",
    "Membership", "Observation", "Outbound", "Pairing", "Person", "Prompt", "Question", "Quote", "Reminder", "SchoolDay",
    "SchoolState", "Term", "Training", "Unit", "UnitBranch",
]  # fmt: skip
