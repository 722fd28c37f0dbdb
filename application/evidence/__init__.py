"""Use cases of evidence: taking in files, and naming them in commands."""
