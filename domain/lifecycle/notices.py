"""Notices: what goes out and what became of it (HJ-13, NA-07)."""

from domain.commands import ReportNotice
from domain.events import NoticeFailed, NoticeIssued, NoticeSent
from domain.lifecycle.promises import LIMITS
from domain.order import Order
from domain.turn import Turn, decides, evolves
from domain.words import Role, Template


def notify(turn: Turn, template: Template, to_role: Role, unit: str | None, clause: str | None = None) -> None:
    """Issue a notice; the citizen's goes to every citizen who called about the matter (NA-01)."""
    if to_role is Role.CITIZEN:
        for party in turn.order.parties:
            _issue(turn, template, to_role, None, party, clause)
    else:
        _issue(turn, template, to_role, unit, None, clause)


def _issue(
    turn: Turn, template: Template, to_role: Role, unit: str | None, party: str | None, clause: str | None
) -> None:
    limits = [c.due_at for c in turn.order.clocks.values() if c.name in LIMITS and c.unit == unit and c.status != "met"]
    turn.emit(
        NoticeIssued(
            template=template,
            to_role=to_role,
            unit=unit,
            notice=f"N{turn.order.notices + 1}",
            party=party,
            due_at=max(limits, default=None),
            clause=clause,
        )
    )


@decides(ReportNotice)
def report_notice(turn: Turn, command: ReportNotice) -> None:
    """The provider took it, or no try was left."""
    if command.sent:
        turn.emit(NoticeSent(notice=command.notice))
    else:
        turn.emit(NoticeFailed(notice=command.notice, reason=command.reason))


@evolves(NoticeIssued)
def notice_issued(order: Order, event: NoticeIssued) -> Order:
    """Numbered, so that each goes out once."""
    return order.but(notices=order.notices + 1)
