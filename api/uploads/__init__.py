"""Uploads and downloads of evidence over HTTP (HJ-03, DL-05)."""
