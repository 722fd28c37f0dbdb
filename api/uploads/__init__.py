"""Evidence: files that are uploaded, looked at, kept, named by commands, and handed out again (HJ-03, DL-05)."""
