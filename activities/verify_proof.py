"""Having a signal's proof looked at by who has the key and a clock that nobody moves."""

from temporalio import activity

from activities.ports import ProofsPort
from domain.access.signal_proof import VerifiedProof


class VerifyProof:
    """The verifier that is injected into the core's check of signals."""

    def __init__(self, proofs: ProofsPort) -> None:
        self._proofs = proofs

    @activity.defn(name="vouch")
    async def vouch(self, proof: str | None) -> VerifiedProof:
        """Whether a proof is ours and holds; a local activity, whose answer stands in the history.

        So a replay asks neither for the key of today nor for the time. Timeout: 5 s an attempt, 30 s in all, after
        which the signal counts as unproven. Retries: any failure. Idempotency: it only computes.
        """
        return self._proofs.verify(proof)
