"""The files of a bundle. Personal data is in `personal/` only, so that the rest can be shown without it.

All are JSON, UTF-8, indented, keys sorted: equal content gives equal bytes.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from domain.archive.decisions import decisions
from domain.archive.dossier import Dossier, EvidenceFile, Row
from domain.archive.replies import replies

FACTS: Final = frozenset(
    (
        *("no", "realm", "regime", "policy_hash", "source", "category", "grade", "marks", "area", "matter"),
        *("required_by", "city_no", "city_ref", "service_code", "listed", "confidential", "taken_by", "created_at"),
    )
)
"""Fields of an order that are not personal data; all others are treated as personal."""

OF_CALLBACKS: Final = ("callback_due", "callback_asked", "callback_unanswered", "callback_recorded")
OF_DEADLINES: Final = ("deadline_set", "milestone_missed", "sign_off_missed", "handling_overdue", "approval_lapsed")
OF_PAUSES: Final = ("suspended", "suspension_review_due", "struck_off")
EVIDENCE: Final = "personal/evidence"
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")


class BundledFile(NamedTuple):
    """Bytes of evidence as they went into the bundle. `size` in bytes, `sha256` in hex."""

    path: str
    size: int
    sha256: str


def evidence_path(paper: EvidenceFile) -> str:
    """The path of a file of evidence in a bundle."""
    extension = _EXTENSION.search(paper.name)
    return f"{EVIDENCE}/{_UNSAFE.sub('_', paper.id)}{extension[0].lower() if extension else ''}"


def contents(dossier: Dossier, stored: Mapping[str, BundledFile]) -> dict[str, bytes]:
    """Every file by path, except the evidence itself, the sheet and the README. `stored`: evidence by its id."""
    files: dict[str, Any] = {
        "order.json": _facts(dossier),
        "timeline.json": dossier.timeline,
        "chain.json": dossier.chain,
        "decisions.json": decisions(dossier),
        "deadlines.json": _deadlines(dossier),
        "callbacks.json": _callbacks(dossier),
        "messages.json": [_without(each, {"to_phone", "body", "phone_index"}) for each in dossier.messages],
        "evidence.json": [_evidence(paper, stored.get(paper.id)) for paper in dossier.files],
        "policies.json": dossier.policies,
        "personal/citizen.json": _without(dossier.order, FACTS | {"workflow_started"}),
        "personal/replies.json": replies(dossier),
        "personal/texts.json": dossier.texts,
        "personal/messages.json": _correspondence(dossier),
        "personal/city-messages.json": dossier.city_messages,
        "personal/evidence.json": [{"id": p.id, "name": p.name, "note": p.note} for p in dossier.files],
    }
    return {path: written(value) for path, value in files.items()}


def written(value: Any) -> bytes:
    """Readable JSON, and the same bytes for the same value."""
    return f"{json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)}\n".encode()


def _facts(dossier: Dossier) -> Row:
    return {name: value for name, value in dossier.order.items() if name in FACTS} | {"view": dossier.view}


def _deadlines(dossier: Dossier) -> Row:
    """`clocks`: final state with basis; `history`: limits set and missed; `pauses`: events of suspensions."""
    clocks = dossier.view["deadlines"] if dossier.view else []
    return {
        "clocks": clocks,
        "history": dossier.events(*OF_DEADLINES),
        "pauses": dossier.events(*OF_PAUSES),
    }


def _callbacks(dossier: Dossier) -> Row:
    return {
        "events": dossier.events(*OF_CALLBACKS),
        "calls": [_without(each, {"to_phone", "id"}) for each in dossier.calls],
        "tasks": [_without(each, {"note"}) for each in dossier.call_tasks],
    }


def _correspondence(dossier: Dossier) -> Row:
    """Telephone numbers and texts sent and received; `key` as in `messages.json` and `callbacks.json`."""
    return {
        "sent": [{name: each[name] for name in ("key", "to_phone", "body")} for each in dossier.messages],
        "received": [_without(each, {"phone_index"}) for each in dossier.inbound],
        "called": [{name: each[name] for name in ("key", "to_phone")} for each in dossier.calls],
        "noted": [{name: each[name] for name in ("key", "note")} for each in dossier.call_tasks],
    }


def _evidence(paper: EvidenceFile, stored: BundledFile | None) -> Row:
    """`sha256` is that of the upload; `file` is null if the bytes are no longer in the store."""
    known = paper.model_dump(exclude={"name", "note", "object_key"})
    if stored is None:
        return known | {"file": None}
    found = {} if stored.sha256 == paper.sha256 else {"sha256_found": stored.sha256, "size_found": stored.size}
    return known | {"file": stored.path} | found


def _without(row: Row, names: frozenset[str] | set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}
