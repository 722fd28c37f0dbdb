"""Texts, calls, opt-outs and the callback staff's queues."""
