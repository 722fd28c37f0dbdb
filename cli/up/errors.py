"""Errors that end `jiesu up`. Their texts are Chinese, because the operator reads them."""


class CannotStartError(Exception):
    """Nothing was started: the machine or the options must be changed first. Exit status 2."""

    status = 2


class ServiceFailedError(Exception):
    """A service did not start or died. Exit status 1."""

    status = 1
