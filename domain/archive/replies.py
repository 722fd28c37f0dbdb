"""The replies of the units in full, with their reviews (HJ-10, HJ-11, DL-05)."""

from domain.archive.dossier import Dossier, Row


def replies(dossier: Dossier) -> list[Row]:
    """One object a reply: the words of its sections, attached signatures and files, and `fate`.

    `fate` is `accepted`, `sent_back` or `open`, with the moment and role of the decision.
    """
    found: list[Row] = []
    open_of: dict[str, Row] = {}
    for event in dossier.events("reply_submitted", "reply_accepted", "reply_sent_back"):
        unit = event["unit"]
        if event["event"] == "reply_submitted":
            said = {name: dossier.words(text) for name, text in event["sections"].items()}
            kept = {name: value for name, value in event.items() if name not in {"event", "sections"}}
            open_of[unit] = kept | {"sections": said, "fate": "open"}
            found.append(open_of[unit])
        elif unit in open_of:
            by = {"decided_at": event["at"], "decided_by": event.get("by_role") or event["actor"]}
            open_of[unit] |= {"fate": event["event"].removeprefix("reply_")} | by
    return found
