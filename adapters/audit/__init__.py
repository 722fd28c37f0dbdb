"""Checks of the audit trail: chains and anchors are computed anew and compared."""
