"""Commands to an order (docs/glossary.md): one class a command.

Free text comes as `Text` records (`domain.text`), documents and attachments as ids. `by` is the acting role,
`person` the staff id, `unit` the acting unit where an order has several. A new field needs a default, so that
old histories decode.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from domain.policy.emergency import Line
from domain.text import Text
from domain.words import DispatchMode, Frozen, Part, Role, SupervisionLevel

FIRST_YEAR, LAST_YEAR = 2000, 2100


def _of_this_age(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"时刻须在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_of_this_age)]
"""A moment in a command: with an offset, within the years that a calendar covers."""

Identifier = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,120}$")]
"""An identifier of at most 120 characters without control characters."""

COMMANDS: dict[str, "type[Command]"] = {}
"""Every command that is an update of the workflow, by its public name."""


class Command(Frozen):
    """A request by someone. Subclasses state their name outside (`do`); `domain.permissions` says who may ask."""

    do: ClassVar[str] = ""

    by: Role
    person: Identifier | Literal[""] = ""
    unit: Identifier | None = None

    def __init_subclass__(cls, *, do: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.do = do
        if do:
            COMMANDS[do] = cls


class AnswerAtIntake(Command, do="answer_at_intake"):
    """Answered on the telephone; nothing is dispatched (GT-04)."""

    text: Text | None = None


class TransferOut(Command, do="transfer_out"):
    """Handed to an emergency line (GT-03, RG-03)."""

    line: Line
    reason: Text | None = None


class AcknowledgeTransfer(Command, do="acknowledge_transfer"):
    """The emergency line has taken the order over, under a number of its own (GT-03, RG-03)."""

    reference: Identifier | None = None


class DispatchedUnit(Frozen):
    """A unit and the part it plays; without one the first leads and the others assist."""

    unit: Identifier
    part: Part | None = None


class Dispatch(Command, do="dispatch"):
    """Send to the units. `precedent`: the joint order whose allotment this one follows (RG-17)."""

    units: tuple[DispatchedUnit, ...] = Field(default=(), max_length=20)
    mode: DispatchMode | None = None
    precedent: Identifier | None = None


class Merge(Command, do="merge"):
    """This order repeats another and is carried on there (NA-01)."""

    into: Identifier


class Join(Command, do="join"):
    """Another order about the same matter joins this one; its citizen is answered here too (NA-01)."""

    order: Identifier


class Sign(Command, do="sign"):
    """The unit has the order."""


class ArriveOnSite(Command, do="arrive_on_site"):
    """The unit's people are on the spot (RG-04)."""


class RequestReturn(Command, do="request_return"):
    """The unit holds that the order is not its own."""

    reason: Text | None = None
    basis: Text | None = None
    proposed_unit: Identifier | None = None
    signed_by: tuple[Role, ...] = ()
    attachments: tuple[Identifier, ...] = Field(default=(), max_length=50)


class RequestExtension(Command, do="request_extension"):
    """The unit asks for time until a moment; without one, for as long as the regime allows."""

    reason: Text | None = None
    until: Moment | None = None
    signed_by: tuple[Role, ...] = ()
    attachments: tuple[Identifier, ...] = Field(default=(), max_length=50)


class ReportProgress(Command, do="report_progress"):
    """Where the matter stands."""

    stage: Literal["first_opinion", "progress", "plan"] = "progress"
    text: Text | None = None
    plan: Text | None = None
    expected_at: Moment | None = None


class RecordVisit(Command, do="record_visit"):
    """A face-to-face visit (DL-09)."""

    purpose: Literal["solve", "explain", "discuss"]
    text: Text | None = None


class SubmitReply(Command, do="submit_reply"):
    """The unit's answer."""

    sections: dict[Identifier, Text] = Field(default={}, max_length=20)
    resolution: Literal["resolved", "partial", "unresolved", "unreasonable"] | None = None
    facts_hold: bool | None = None
    citizen_satisfied: bool | None = None
    signed_by: tuple[Role, ...] = ()
    attachments: tuple[Identifier, ...] = Field(default=(), max_length=50)
    final: bool = False


class RecordCallback(Command, do="record_callback"):
    """What the citizen said, to a person or by answering a text or an automatic call themselves.

    `party` is the order number under which this citizen called (NA-01), `round` how often the order had been worked
    again when they were asked: an answer that was meant for an earlier round does not count in this one.
    """

    result: Literal["satisfied", "dissatisfied", "unreachable"]
    intake_rating: int | None = Field(default=None, ge=1, le=5)
    handling_rating: int | None = Field(default=None, ge=1, le=5)
    comment: Text | None = None
    party: Identifier | None = None
    round: int | None = Field(default=None, ge=0)
    via: Literal["staff", "sms", "call"] = "staff"


class Urge(Command, do="urge"):
    """The unit is told to hurry, by those who watch here or by the city."""

    comment: Text | None = None


class OpenSupervision(Command, do="open_supervision"):
    """The order is put under supervision."""

    level: SupervisionLevel
    reason: Text | None = None


class AnswerSupervision(Command, do="answer_supervision"):
    """The unit answers every open supervision of it."""

    text: Text | None = None


class RequestSuspension(Command, do="request_suspension"):
    """Put on account what cannot be solved soon (GT-10)."""

    reason: Text | None = None
    plan: Text | None = None
    review_every: str | None = None


class RequestStrikeOff(Command, do="request_strike_off"):
    """Take an order off the account."""

    reason: Text | None = None
    plan: Text | None = None
    review_every: str | None = None


class ListUnclosed(Command, do="list_unclosed"):
    """Not solvable in the limit: what was done, the plan, the expected date (RG-12)."""

    text: Text | None = None
    plan: Text | None = None
    expected_at: Moment | None = None


class Appeal(Command, do="appeal"):
    """The unit asks that the order be not counted (HK-09)."""

    ground: str = Field(pattern=r"^[a-z_]{1,60}$")
    text: Text | None = None
    signed_by: tuple[Role, ...] = ()
    attachments: tuple[Identifier, ...] = Field(default=(), max_length=50)


class RequestTermination(Command, do="request_termination"):
    """Ask that the order be ended as outside the hotline's scope (RG-07)."""

    ground: str | None = Field(default=None, pattern=r"^[a-z_]{1,60}$")
    text: Text | None = None


class Withdraw(Command, do="withdraw"):
    """The citizen takes the demand back."""

    reason: Text | None = None


class Decide(Frozen):
    """The one answer to an approval: a signal, from REST, console, CLI or the Temporal UI.

    `approval` is its id, or a kind if one of that kind is open. Not a `Command`: it is never refused, an
    impossible one is recorded as ignored (docs/architecture.md#approvals). `unit` is that of a decider who has one.
    """

    approval: str = ""
    decision: str = ""
    by: str = Field(default="", alias="as")
    person: str = ""
    unit: Identifier | None = None
    until: Moment | None = None
    proposed_unit: Identifier | None = None
    comment: Text | None = None

    model_config = Frozen.model_config | {"populate_by_name": True}
