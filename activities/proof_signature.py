"""Verifies the signature and lifetime of a signal's proof, with the key and the clock that workflows do not have."""

from temporalio import activity

from activities.ports import ProofsPort
from domain.access.signal_proof import VerifiedProof


class VerifyProof:
    """Verifies proofs for the core's check of signals."""

    def __init__(self, proofs: ProofsPort) -> None:
        self._proofs = proofs

    @activity.defn(name="vouch")
    async def verify(self, proof: str | None) -> VerifiedProof:
        """Return whether a proof is genuine and still valid; a local activity, whose result is in the history.

        A replay therefore needs neither today's key nor the time. Timeout: 5 s an attempt, 30 s in all, after which
        the signal counts as unproven. Retries: any failure. Idempotency: it only computes.
        """
        return self._proofs.verify(proof)
