"""What a node's doors open on: finished objects, built in ``deploy.bootstrap``."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from joserfc.jwk import OKPKey
from sqlalchemy import Engine

from api.auth import Caller
from api.clock import Clock
from api.desk.application_drafts import ApplicationDrafts
from api.desk.calendars import CalendarAddresses
from api.desk.contacts import Contacts
from api.desk.documents import Documents
from api.desk.invitations import Invitations
from api.desk.notices import Notices
from api.desk.reading_log import ReadingLog
from api.desk.sessions import BrowserSessions
from api.desk.uploads import KeptUploads
from api.desk.webhooks import Webhooks
from api.folders import FolderDoor
from api.lately import Lately
from api.provider.provider import Provider
from api.way_out import WayOut
from domain.values import (
    Region,
)
from federation.journal.store import Journal
from federation.log.executor import Executor
from federation.log.persons import Persons
from federation.node.asking import AskingState
from federation.node.auditor import AuditorState
from federation.node.comparison import ComparisonState
from federation.node.heartbeat import ListenerState
from federation.node.inbox import InboxState
from federation.node.outbox import OutboxState
from federation.node.ranges import RangesState
from federation.node.restore import RestoreState
from federation.node.witness import WitnessState
from federation.node.writable import WritableState
from federation.tasks import Background
from projections.engine import Projector
from projections.kept_settlements import KeptSettlements
from projections.moments import KeptAnswers


@dataclass(frozen=True, slots=True)
class Node:
    """One region's running parts, as the doors see them."""

    region: Region
    version: str
    journal: Journal
    executor: Executor
    persons: Persons
    projector: Projector
    views: Engine
    clock: Clock
    token_key: OKPKey
    unix_seconds: Callable[[], int]
    sessions: BrowserSessions
    reading_log: ReadingLog
    notices: Notices
    calendars: CalendarAddresses
    contacts: Contacts
    invitations: Invitations
    documents: Documents
    drafts: ApplicationDrafts
    webhooks: Webhooks
    outbox: OutboxState
    ranges: RangesState
    comparison: ComparisonState
    auditor: AuditorState
    restore: RestoreState
    inboxes: Mapping[Region, InboxState]
    listeners: Mapping[Region, ListenerState]
    database: WritableState = field(default_factory=WritableState)
    asking: AskingState = field(default_factory=AskingState)
    witness: WitnessState = field(default_factory=WitnessState)
    quorum: int = 2
    """Other regions that must have cosigned before entries count as witnessed."""
    leads: Callable[[], bool] = lambda: True
    """Whether this process carries, receives and folds for its region."""
    background: Background = field(default_factory=Background)
    """What runs in the background, and which of it does not go on."""
    callers: dict[str, Caller] = field(default_factory=dict)
    """Of tokens that were good; see ``threshold``."""
    registered: set[str] = field(default_factory=set)
    """Organisations that were found registered; none is ever struck off."""
    recorded: dict[str, int] = field(default_factory=dict)
    """By organisation, the last position of the home log that this process recorded."""
    derived: Lately = field(default_factory=Lately)
    """What was derived lately from where the read models are."""
    feeding: Counter[str] = field(default_factory=Counter)
    """By organisation, how many of its programs hear of what is recorded as it comes."""
    watching: Counter[str] = field(default_factory=Counter)
    """By person, how many of their pages hear of what is new."""
    importing: Lock = field(default_factory=Lock)
    """Held while a bank's entries are looked up and recorded: two files of one bank that
    come at once are taken one after the other."""
    folders: FolderDoor | None = None
    """Reads folders that people upload; None where nobody does."""
    uploads: KeptUploads = field(default_factory=KeptUploads)
    """Folders that were tried and may be recorded."""
    moments: KeptAnswers = field(default_factory=KeptAnswers)
    """What was read of the read models lately."""
    settlements: KeptSettlements = field(default_factory=KeptSettlements)
    """What was settled for whoever asked last."""
    webhooks_way: WayOut = field(default_factory=WayOut)
    """The way to addresses that programs have named."""
    sends_mail: bool = False
    """Whether a mail server takes notices."""
    local_people: bool = False
    """A federation on one machine: its ready people sign in there without more."""
    public_url: str = ""
    """The node's address as browsers know it; empty where any is taken."""
    provider: Provider | None = None
    """Who signs people in; None where nobody does."""
    certificate_ends: datetime | None = None
    """When NATS refuses the node's certificate; None where it has none (tests)."""
