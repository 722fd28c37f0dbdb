"""Servers and child processes on this machine."""
