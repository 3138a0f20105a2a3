"""A number that somebody looks for in a list."""

from fastapi import Request


def asked_for(request: Request) -> dict[str, int | None]:
    """What was looked for, its + and spaces left out; what is no number finds nothing."""
    asked = request.query_params.get("number", "").strip()
    digits = asked.lstrip("+").replace(" ", "")
    if not asked:
        return {"number": None}
    return {"number": int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else 0}
