"""Claims the files that a command names: they must exist, and become the order's when it is accepted."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from adapters.database.orders.attachments import Attachments as StoredAttachments
from adapters.database.orders.attachments import Claim, Claimant, File, TooManyFiles
from domain.labels import label
from domain.order.commands import Appeal, RequestReturn, SubmitReply
from domain.order.records import StoredOrder
from domain.policy.evidence import Evidence, Phase
from domain.policy.rule_book import Attachments, Regime
from domain.refusal import Code, Refused, quoted

MOST_NAMED: Final = 5

ASKED: Final[Mapping[str, Callable[[Regime], tuple[Attachments, str | None]]]] = {
    SubmitReply.do: lambda rules: (rules.replies.attachments, rules.replies.clause),
    RequestReturn.do: lambda rules: (rules.returns.attachments, rules.returns.clause),
    Appeal.do: lambda rules: (rules.appeals.attachments, rules.appeals.clause),
}
"""The rules for the attachments of a command, and the clause of the rule around them."""


class ClaimNeeds(Protocol):
    """Needed to claim files for an order."""

    attachments: StoredAttachments

    async def rules_of(self, order: StoredOrder) -> Regime:
        """The rule book of an order. Raises LookupError."""


@asynccontextmanager
async def claimed_attachments(
    services: ClaimNeeds, order: StoredOrder, do: str, fields: Mapping[str, Any], person: str
) -> AsyncIterator[None]:
    """Claim the files that a command names for its order, and release them if the command is refused.

    They are claimed before the command is sent, so that no crash leaves an order with files that it does not have;
    an order that gave no answer may have accepted, and keeps them. A rehearsal's attachments are names only.
    Raises Refused: `missing_attachment` for files that may not be named or a required phase that is missing,
    `limit_reached` for too many.
    """
    ids = tuple(dict.fromkeys(fields.get("attachments") or ()))
    if order.realm or ("attachments" not in fields and do not in ASKED):
        yield
        return
    rules = await services.rules_of(order)
    claimant = Claimant(person, order.regime, fields.get("unit"))
    claim = await _claimed(services, order, ids, claimant, rules.evidence)
    try:
        if claim.strange:
            raise Refused(Code.MISSING_ATTACHMENT, f"没有可用的附件：{_listed(claim.strange)}")
        _require_phases(rules, do, claim.files)
        yield
    except Refused:
        await services.attachments.release(order.no, claim.fresh)
        raise
    # Another command that named the same files may have been refused meanwhile.
    await services.attachments.bind(order.no, ids)


async def _claimed(
    services: ClaimNeeds, order: StoredOrder, ids: Sequence[str], by: Claimant, evidence: Evidence
) -> Claim:
    if not ids:
        return Claim((), frozenset(), ())
    try:
        return await services.attachments.claim(order.no, ids, by, at_most=evidence.max_files)
    except TooManyFiles:
        reason = f"一张工单的附件不能超过 {evidence.max_files} 个"
        raise Refused(Code.LIMIT_REACHED, reason, evidence.clause) from None


def _require_phases(rules: Regime, do: str, files: Sequence[File]) -> None:
    if do not in ASKED:
        return
    asked, clause = ASKED[do](rules)
    shown = [file.phase for file in files]
    missing = [label(phase, "phase") for phase in asked.phases if phase not in shown]
    # A file that came without a phase may be of any phase, so it counts for a missing one.
    if len(missing) > shown.count(Phase.OTHER):
        raise Refused(Code.MISSING_ATTACHMENT, f"缺少附件：{'、'.join(missing)}", asked.clause or clause)


def _listed(ids: Sequence[str]) -> str:
    shown = "、".join(quoted(each) for each in ids[:MOST_NAMED])
    return f"{shown} 等 {len(ids)} 个" if len(ids) > MOST_NAMED else shown
