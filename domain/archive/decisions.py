"""The approvals of an order: requests, attached signatures and answers."""

from typing import Any

from domain.archive.dossier import Dossier, Row

ASKED = ("unit", "ground", "until", "proposed_unit", "reason", "basis", "plan", "review_every", "attachments")


def decisions(dossier: Dossier) -> list[Row]:
    """One object an approval: `kind`, `stages` (desk and role), `asked`, `answers`, `lapsed`, `ignored`.

    `asked`: who asked, when, and whose signatures were attached. Free text is referred to by its document id.
    `ignored`: answers that were sent but did not count.
    """
    found: dict[str, Row] = {}
    for event in dossier.events("approval_opened", "approval_decided", "approval_lapsed", "signal_ignored"):
        name = event["event"]
        if name == "approval_opened":
            found.setdefault(event["approval"], _opened(event))
            continue
        about = found.setdefault(event["approval"], {"approval": event["approval"]})
        kept = {"approval_decided": "answers", "approval_lapsed": "lapsed", "signal_ignored": "ignored"}[name]
        about.setdefault(kept, []).append(_without(event, "event", "approval", "kind", "seq"))
    return list(found.values())


def _opened(event: Row) -> Row:
    asked = {"at": event["at"], "by": event["actor"], "person": event.get("person", "")}
    asked |= {name: event[name] for name in ASKED if event.get(name)}
    return {
        "approval": event["approval"],
        "kind": event["kind"],
        "stages": [{"desk": desk, "by_role": role} for desk, role in event.get("stages", ())],
        "asked": asked | {"signed_by": event.get("signed_by", [])},
        "answers": [],
    }


def _without(event: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}
