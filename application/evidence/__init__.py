"""Use cases of evidence: receiving files, and naming them in commands."""
