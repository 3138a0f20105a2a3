"""The base of every error that a person may see."""


class OutboundError(Exception):
    """Its message says what happened, where, and what to do about it; the command line prints it and exits with 1."""
