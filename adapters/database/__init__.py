"""PostgreSQL: what is kept of orders, people and messages, by repositories that hand out plain values.

A repository is a class over `Database`, one idea a file. Every method is one transaction, so a caller may
repeat it after a lost connection; each says what a repetition does.
"""
