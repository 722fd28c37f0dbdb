"""Verification of the audit trail: recomputes chains and anchors and compares them."""
