"""Access: acts, masking of citizens, password rules and signal proofs."""
