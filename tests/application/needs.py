"""Objects that have only what a use case says that it needs."""

import inspect
from types import SimpleNamespace
from typing import Any


def members(protocol: type) -> set[str]:
    """The names that a protocol declares, inherited ones too."""
    own = (set(inspect.get_annotations(each)) | set(vars(each)) for each in protocol.__mro__ if _is_ours(each))
    return {name for names in own for name in names if not name.startswith("_")}


def only(protocol: type, **given: Any) -> Any:
    """An object with these attributes, each of which the protocol declares; any other one is missing."""
    assert set(given) <= members(protocol), f"{protocol.__name__} does not declare {set(given) - members(protocol)}"
    return SimpleNamespace(**given)


def _is_ours(each: type) -> bool:
    return each.__module__.startswith("application.")
