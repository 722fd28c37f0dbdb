"""Names that the tests of the peers share."""

from collections.abc import Callable

from adapters.child_process import ChildProcess

ACCOUNT = "AC" + "0" * 32
TOKEN = "token-of-the-test"  # noqa: S105
Posted = tuple[str, dict[str, str], str]  # path, form, signature
Peer = Callable[..., tuple[str, ChildProcess]]
