"""Composes the repositories and clients of a process, once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from temporalio.client import Client

from adapters.auth.oidc import Provider
from adapters.auth.signal_proofs import Proofs
from adapters.database.access.confidentiality import Viewers
from adapters.database.access.personal_data import PersonalData
from adapters.database.accounts.api_keys import ApiKeys
from adapters.database.accounts.credentials import Credentials
from adapters.database.accounts.sessions import Sessions
from adapters.database.accounts.users import Users
from adapters.database.audit.acts import Acts
from adapters.database.audit.trail import Trail
from adapters.database.city.messages import CityMessages
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.idempotency import Idempotency
from adapters.database.orders.approvals import Approvals
from adapters.database.orders.attachments import Attachments
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.orders.public_requests import PublicRequests
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.callbacks import Callbacks
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.citizen_numbers import Citizens
from adapters.database.telephone.inbound_messages import InboundMessages
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.database.units import UnitDirectory
from adapters.files.object_store import Objects
from adapters.files.thumbnails import Thumbnails
from adapters.files.virus_scan import Scanner
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import Settings
from adapters.temporal.client import connect
from adapters.twilio.client import TwilioClient
from adapters.twilio.sms import TwilioSms
from application.anonymous_act_limit import AnonymousActLimit
from domain.order.records import StoredOrder
from domain.policy.rule_book import Regime


@dataclass
class Services:
    """All repositories over the database, and the clients of the outside."""

    database: Database
    client: Client
    rule_books: RuleBooks
    settings: Settings
    _older: dict[str, Regime] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.orders = Orders(self.database)
        self.documents = Documents(self.database)
        self.trail = Trail(self.database)
        self.acts = Acts(self.database)
        self.anonymous_act_limit, self.sign_in_act_limit = AnonymousActLimit(60), AnonymousActLimit(300)
        self.catalogue = UnitDirectory(self.database)
        self.approvals = Approvals(self.database)
        self.users = Users(self.database)
        self.credentials = Credentials(self.database, self.settings.sign_in_tries)
        self.sessions = Sessions(self.database, timedelta(minutes=self.settings.idle_minutes) or None)
        self.provider = Provider(self.settings)
        self.idempotency = Idempotency(self.database)
        self.rule_book_history = RuleBookHistory(self.database)
        self.messages = Messages(self.database)
        self.inbound = InboundMessages(self.database)
        self.opt_outs = OptOuts(self.database)
        self.calls = Calls(self.database)
        self.citizens = Citizens(self.database)
        self.callbacks = Callbacks(self.database)
        self.call_tasks = CallTasks(self.database)
        self.sms = TwilioSms(TwilioClient(self.settings))
        self.city_messages = CityMessages(self.database)
        self.viewers = Viewers(self.database)
        self.personal_data = PersonalData(self.database)
        self.api_keys = ApiKeys(self.database)
        self.public = PublicRequests(self.database)
        self.attachments = Attachments(self.database)
        chosen = self.settings
        self.proofs = Proofs(chosen.secret_key, chosen.proof_seconds, bare=chosen.takes_bare_signals)
        self.scanner = Scanner(self.settings)
        self.thumbnails = Thumbnails()

    @cached_property
    def objects(self) -> Objects:
        """The object store; opened at first use, because opening makes the folder."""
        return Objects(self.settings)

    async def rules_of(self, order: StoredOrder) -> Regime:
        """The current rule book of an order, which a signal may have changed. Raises LookupError."""
        view = await self.orders.view(order.no)
        return await self.rules(order.regime, view.policy_hash if view else order.policy_hash)

    async def rules(self, regime: str, policy_hash: str) -> Regime:
        """The rule book under a hash: the one in force, or a stored snapshot.

        Raises LookupError if there is neither; intake stores each before an order uses it.
        """
        if self.rule_books.hashes.get(regime) == policy_hash:
            return self.rule_books.regimes[regime]
        if policy_hash not in self._older:
            snapshot = await self.rule_book_history.get(policy_hash)
            if snapshot is None:
                raise LookupError(f"policy snapshot {policy_hash} of {regime} is missing")
            self._older[policy_hash] = Regime.model_validate(snapshot.data)
        return self._older[policy_hash]


@asynccontextmanager
async def services(settings: Settings, policies: RuleBooks | None = None) -> AsyncIterator[Services]:
    """The services of a process, closed at the end. Raises PolicyErrors, and RPCError without Temporal."""
    book = policies or RuleBooks.load(settings.policy_file)
    database = Database(settings.database_url, Keyring(settings.data_key))
    try:
        yield Services(database, await connect(settings.payload_key), book, settings)
    finally:
        await database.dispose()
