"""Stores the texts of an order as documents; only a record of each travels
(docs/architecture.md#what-is-stored-where).
"""

from collections.abc import Mapping
from typing import Any, Protocol

from adapters.database.orders.documents import Documents
from application.orders.command_bodies import TEXT_FIELDS
from domain.order.commands import ListUnclosed, ReportProgress, SubmitReply
from domain.order.records import StoredOrder
from domain.policy.rule_book import Regime
from domain.text import Text, measure

ACCEPTED_REPLY = "accepted_reply"
"""The kind of document for the words of accepted replies, with which new replies are compared.

A refused reply may be submitted again with the same words, so those under its own kind do not count; a copy under this
one is stored when the reply is accepted (DL-10).
"""

_PROGRESS = {(ReportProgress.do, "text"), (ListUnclosed.do, "text")}
"""The texts that must report more than that work is in progress (DL-08)."""


class CommentNeeds(Protocol):
    """Needed to store a text."""

    documents: Documents


class TextNeeds(CommentNeeds, Protocol):
    """Needed to store the texts of a command, and to compare them with the order's rules."""

    async def rules_of(self, order: StoredOrder) -> Regime:
        """The rule book of an order. Raises LookupError."""


async def stored_texts(services: TextNeeds, order: StoredOrder, do: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Store the texts of a command, and return the records that the command carries.

    A repetition stores copies that nothing refers to.
    """
    said = {name: fields[name] for name in TEXT_FIELDS[do] if fields.get(name) is not None}
    if not said:
        return {}
    rules = await services.rules_of(order)
    records: dict[str, Any] = {}
    for name, value in said.items():
        if isinstance(value, str):
            vague = rules.progress.phrases if (do, name) in _PROGRESS else ()
            document = await services.documents.save(order.no, order.realm, do, name, value)
            records[name] = measure(value, document, vague)
        else:
            records[name] = {
                section: await _section(services, order, rules, section, text, fields.get("unit"))
                for section, text in value.items()
            }
    return records


async def stored_comment(services: CommentNeeds, order: StoredOrder, comment: str) -> Text:
    """Store the comment on a decision."""
    return measure(comment, await services.documents.save(order.no, order.realm, "decide", "comment", comment))


async def keep_reply(services: TextNeeds, order: StoredOrder, do: str, fields: Mapping[str, Any]) -> None:
    """Store the words of an accepted reply, where the rules refuse copies (DL-10)."""
    if do != SubmitReply.do or not (await services.rules_of(order)).replies.duplicates.refused:
        return
    for section, text in fields.get("sections", {}).items():
        await services.documents.save(order.no, order.realm, ACCEPTED_REPLY, section, text)


async def _section(
    services: TextNeeds, order: StoredOrder, rules: Regime, section: str, text: str, unit: str | None
) -> Text:
    documents, replies = services.documents, rules.replies
    duplicate_of = None
    if replies.duplicates.refused:
        duplicate_of = await documents.same_text(
            order.realm, text, ACCEPTED_REPLY, regime=order.regime, order_no=order.no, unit=unit
        )
    document = await documents.save(order.no, order.realm, SubmitReply.do, section, text)
    return measure(text, document, replies.vague.phrases, duplicate_of)
