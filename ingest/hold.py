"""Why a campaign is held: a code of INTAKE, and what a person should know of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hold:
    code: str
    detail: str
