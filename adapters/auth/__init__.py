"""Bearer tokens, identity provider, signal proofs and password strength."""
