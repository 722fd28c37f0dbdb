"""Merkle tree root (RFC 9162, section 2.1), computed incrementally without storing the leaves."""

from hashlib import sha256


class Merkle:
    """Perfect subtrees of the leaves so far, each smaller than the one before: (height, hash)."""

    def __init__(self) -> None:
        self.count = 0
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Add the next leaf."""
        height, digest = 0, sha256(b"\x00" + leaf).digest()
        while self._subtrees and self._subtrees[-1][0] == height:
            height, digest = height + 1, _node(self._subtrees.pop()[1], digest)
        self._subtrees.append((height, digest))
        self.count += 1

    @property
    def root(self) -> str:
        """The root in hex; without leaves the hash of the empty string."""
        if not self._subtrees:
            return sha256().hexdigest()
        *others, (_, digest) = self._subtrees
        for _, left in reversed(others):
            digest = _node(left, digest)
        return digest.hex()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
