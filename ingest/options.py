"""How a campaign goes out: its manifest over its account's defaults (INTAKE, Options)."""

import codecs
import json
import re
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ingest.layout import Layout
from ingest.refusal import Unusable
from outbound import daily_window, folding
from outbound.daily_window import DailyWindow
from outbound.errors import OutboundError

_DELIMITERS = {
    ",": ",", ";": ";", "\t": "\t", "|": "|",
    "comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|",
}  # fmt: skip
_DURATION = re.compile(r"([0-9]{1,4})\s*([mhd])")
_NO_ENCODINGS = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"}  # of literals and names
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST_VALIDITY = timedelta(hours=72)
LONGEST_SPREAD = timedelta(days=31)
LONGEST_BATCH_REF = 200
LONGEST_COLUMN = 200


class WrongDefaults(OutboundError):
    """An account's defaults cannot be used: which key, and why. Mend the set-up and apply it."""


def _codec(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        raise ValueError("not an encoding that is known here") from None
    if not getattr(codec, "_is_text_encoding", True) or codec.name in _NO_ENCODINGS:
        raise ValueError("not an encoding of texts")
    return codec.name


def _delimiter(name: str) -> str:
    if name not in _DELIMITERS:
        raise ValueError("not one of comma, semicolon, tab, pipe")
    return _DELIMITERS[name]


def _duration(text: str) -> str:
    if not timedelta(0) < duration(text) <= LONGEST_VALIDITY:
        raise ValueError("not between 1m and 72h")
    return text


def _spread(text: str) -> str:
    if not timedelta(0) < duration(text) <= LONGEST_SPREAD:
        raise ValueError("not between 1m and 31d")
    return text


def _window(text: str) -> str:
    daily_window.parse(text, "UTC")
    return text


def _instant(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date and time like 2026-11-26T18:30") from None
    if found.year in (MINYEAR, MAXYEAR):  # in another zone, or a validity later, it would be no date at all
        raise ValueError("not a year that can be reckoned with")
    return text


def _schedule(text: str) -> str:
    return text if text == "asap" else _instant(text)


class Options(BaseModel):
    """What a manifest may say. Unknown keys are refused: whoever wrote one relies on it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    sender: str | None = Field(default=None, min_length=1, max_length=20)
    template: str | None = Field(default=None, min_length=1, max_length=20_000)
    schedule: Annotated[str, AfterValidator(_schedule)] | None = None
    asap: bool = False
    end: Annotated[str, AfterValidator(_instant)] | None = None
    daily_window: Annotated[str, AfterValidator(_window)] | None = None
    spread: Annotated[str, AfterValidator(_spread)] | None = None
    rate: int | None = Field(default=None, ge=1, le=2_000_000_000)
    validity: Annotated[str, AfterValidator(_duration)] = "24h"
    klass: Literal["informational", "promotional"] = Field(default="informational", alias="class")
    batch_ref: str | None = Field(default=None, min_length=1, max_length=LONGEST_BATCH_REF)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    rows: int | None = Field(default=None, ge=0)
    encoding: Annotated[str, AfterValidator(_codec)] | None = None
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    header: bool = True
    columns: tuple[str, ...] = ("msisdn", "text")
    recipient_column: str | None = Field(default=None, min_length=1, max_length=LONGEST_COLUMN)
    text_column: str | None = Field(default=None, min_length=1, max_length=LONGEST_COLUMN)
    max_segments: int = Field(default=255, ge=1, le=255)
    on_insufficient_balance: Literal["hold", "partial"] = "hold"
    submitted_by: str | None = Field(default=None, min_length=1, max_length=320)

    @property
    def layout(self) -> Layout:
        return Layout(self.encoding, self.delimiter, self.header, self.columns, self.recipient_column)

    def window(self, zone: str) -> DailyWindow | None:
        """The daily window on the clocks of this zone."""
        return None if self.daily_window is None else daily_window.parse(self.daily_window, zone)


def _phrase(text: str) -> str:
    folding.phrase(text)
    return text


def _link(text: str) -> str:
    folding.domain(text)
    return text


class ContentScreen(BaseModel):
    """Words and links that hold a campaign."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[Annotated[str, AfterValidator(_phrase)], ...] = ()
    links: tuple[Annotated[str, AfterValidator(_link)], ...] = ()


class FrequencyCap(BaseModel):
    """At most so many messages to a subscriber in so many days; klass: of campaigns of this class, None is all."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    messages: int = Field(ge=1)
    days: int = Field(ge=1, le=366)
    klass: Literal["informational", "promotional"] | None = Field(default=None, alias="class")

    def caps(self, klass: str) -> bool:
        """Whether it is meant for a campaign of this class."""
        return self.klass in (None, klass)


class Policy(BaseModel):
    """What only an account's defaults may say."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    base_mismatch_percent: Decimal = Field(default=Decimal(20), ge=0, le=100)
    quiet_hours: Annotated[str, AfterValidator(_window)] | None = None
    max_segments_per_day: int | None = Field(default=None, ge=0)
    new_account_days: int = Field(default=0, ge=0)
    new_account_segments_per_day: int | None = Field(default=None, ge=0)
    content_screen: ContentScreen = ContentScreen()
    frequency_cap: FrequencyCap | None = None
    manifest_required: bool = False
    approval_required: bool = False
    gate: dict[str, Any] = Field(default_factory=dict)


def parse_manifest(content: bytes) -> dict[str, Any]:
    """A manifest's JSON object. Raises Unusable (MANIFEST_INVALID) where it is none that could be stored."""
    try:
        text = content.decode("utf-8-sig")
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise Unusable("MANIFEST_INVALID", "the manifest is not JSON in UTF-8") from error
    if not isinstance(found, dict) or "\\u0000" in text:
        raise Unusable("MANIFEST_INVALID", "the manifest is not a JSON object, or holds a NUL")
    return found


def read_manifest(content: bytes | None) -> tuple[dict[str, Any] | None, str | None]:
    """The manifest and None, or None and what is wrong with it; both None where there is none."""
    if content is None:
        return None, None
    try:
        return parse_manifest(content), None
    except Unusable as refusal:
        return None, refusal.detail


def batch_ref_of(manifest: Mapping[str, Any] | None) -> str | None:
    """The batch_ref that a claim goes by; none where it is no such thing: `combine` refuses the file then."""
    found = (manifest or {}).get("batch_ref")
    return found if isinstance(found, str) and len(found) <= LONGEST_BATCH_REF else None


def combine(manifest: Mapping[str, Any] | None, defaults: Mapping[str, Any]) -> Options:
    """Raises Unusable (MANIFEST_INVALID) for a wrong manifest, WrongDefaults for an account's wrong defaults."""
    names = {field.alias or name for name, field in Options.model_fields.items()}
    usual = {key: value for key, value in defaults.items() if key in names and value is not None}
    try:
        Options.model_validate(usual)
    except ValidationError as error:
        raise WrongDefaults(f"defaults of the account: {_first(error)}") from None
    if manifest is not None and "text_column" in manifest:
        usual.pop("template", None)
    try:
        return Options.model_validate(usual | dict(manifest or {}))
    except ValidationError as error:
        raise Unusable("MANIFEST_INVALID", _first(error)) from None


def as_used(kept: Mapping[str, Any]) -> Options:
    """Those that a campaign was checked with (intake.campaign.options): its account's defaults may be others since."""
    return Options.model_validate(kept)


def policy(defaults: Mapping[str, Any]) -> Policy:
    try:
        return Policy.model_validate({key: value for key, value in defaults.items() if value is not None})
    except ValidationError as error:
        raise WrongDefaults(f"defaults of the account: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    said = "there is no such key" if problem["type"] == "extra_forbidden" else problem["msg"]
    return f"{'.'.join(map(str, problem['loc']))}: {said.removeprefix('Value error, ')}"


def duration(text: str) -> timedelta:
    """ "90m", "24h" or "3d" as a length of time."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError("not a duration like 90m, 24h or 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def instant(text: str, zone: str) -> datetime:
    """An instant in UTC. Without an offset it is a local time; one that the clock skips is the next that exists."""
    written = datetime.fromisoformat(text)
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    there = ZoneInfo(zone)
    found = written.replace(tzinfo=there).astimezone(UTC)
    if found.astimezone(there).replace(tzinfo=None) == written:
        return found
    # fold 1 reads the skipped time with the offset after the change, and so lies before it
    before = written.replace(tzinfo=there, fold=1).astimezone(UTC)
    offset = found.astimezone(there).utcoffset()
    while before.astimezone(there).utcoffset() != offset:
        before = before.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return before
