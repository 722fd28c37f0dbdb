"""PostgreSQL repositories for orders, people and messages; they return plain values, not table rows.

A repository is a class over `Database`, one subject a file. Every method is one transaction, so a caller may
repeat it after a lost connection; each docstring says what a repetition does.
"""
