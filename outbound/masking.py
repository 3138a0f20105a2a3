"""What may be shown of a subscriber's number."""


def mask(msisdn: int | str) -> str:
    """The first four and the last three digits: enough to recognise, not enough to call."""
    digits = str(msisdn)
    if len(digits) <= 7:
        return "•" * len(digits)
    return digits[:4] + "•" * (len(digits) - 7) + digits[-3:]
