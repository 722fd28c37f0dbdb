"""Errors that end `jiesu up`. Their texts are Chinese and meant for the operator."""


class CannotStartError(Exception):
    """Nothing was started: the machine or the options have to change first. Exit status 2."""

    status = 2


class ServiceFailedError(Exception):
    """A service did not start or died. Exit status 1."""

    status = 1
