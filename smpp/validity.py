"""Times as PDUs write them (SMPP 3.4 7.1.1): sixteen characters."""


def relative(seconds: float) -> bytes:
    """A validity_period from the carrier's now on, rounded up to whole seconds; at most 62 days are possible."""
    whole = -int(-seconds // 1)
    minutes, second = divmod(max(0, whole), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return b"0000%02d%02d%02d%02d000R" % (min(days, 62), hour, minute, second)
