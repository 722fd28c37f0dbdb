"""What keeps `jiesu up` from running. The texts are Chinese: they are the last thing the operator reads."""


class CannotStartError(Exception):
    """Nothing was started: the machine or the options have to change first. Exit status 2."""

    status = 2


class ServiceFailedError(Exception):
    """A service did not start or died. Exit status 1."""

    status = 1
