"""All stored data of a closed order, collected for its bundle; rows as JSON objects, moments in ISO 8601."""

from typing import Any

from domain.words import Frozen

Row = dict[str, Any]


class EvidenceFile(Frozen):
    """A file of evidence: its metadata and the key of its bytes in the object store. `size` in bytes."""

    id: str
    object_key: str
    name: str
    media_type: str
    size: int
    sha256: str
    phase: str
    unit: str | None = None
    note: str | None = None
    captured_at: str | None = None
    scan: str = "off"
    uploaded_by: str
    created_at: str


class Dossier(Frozen):
    """An order with all its data. `chain`: the links of the audit trail; `timeline`: the same as displayed.

    `policies`: the rule books that applied to it, by hash; None for one that is no longer stored. `units`: names by id.
    """

    no: str
    order: Row
    view: Row | None
    chain: tuple[Row, ...]
    timeline: tuple[Row, ...]
    texts: tuple[Row, ...] = ()
    messages: tuple[Row, ...] = ()
    inbound: tuple[Row, ...] = ()
    calls: tuple[Row, ...] = ()
    call_tasks: tuple[Row, ...] = ()
    city_messages: tuple[Row, ...] = ()
    files: tuple[EvidenceFile, ...] = ()
    policies: dict[str, Row | None] = {}
    units: dict[str, str] = {}

    @property
    def rules(self) -> Row:
        """The rule book that applied to the order last; empty if none is stored."""
        return next((rules for rules in reversed(self.policies.values()) if rules), {})

    def words(self, text: Row | None) -> str | None:
        """The words of a stored text (`domain.text.Text` as JSON), None if there is none or it is no longer stored."""
        document = text["document"] if text else None
        return next((each["text"] for each in self.texts if each["id"] == document), None)

    def unit(self, id_: str | None) -> str:
        """The name of a unit, or its id if it has none."""
        return self.units.get(id_ or "", id_ or "")

    def events(self, *names: str) -> list[Row]:
        """The events with these names, in order."""
        return [each for each in self.timeline if each["event"] in names]
