"""What a set-up file says of the campaigns of an account: what a manifest may leave out, and what holds them."""

from typing import Literal

from pydantic import Field

from outbound.setup.values import Domain, Encoding, Percent, Phrase, Sender, Spread, Strict, Text, Validity, Window


class Gate(Strict):
    """The bounds within which a campaign goes without a person (INTAKE); null: no bound."""

    max_rows: int | None = Field(default=None, ge=0)
    max_reject_ratio: float | None = Field(default=None, ge=0, le=1)
    max_not_in_base_ratio: float | None = Field(default=None, ge=0, le=1)
    max_campaign_segments: int | None = Field(default=None, ge=0)
    max_message_segments: int | None = Field(default=None, ge=0)
    max_ucs2_messages: int | None = Field(default=None, ge=0)


class ContentScreen(Strict):
    """Words and links that hold a campaign (INTAKE, CONTENT_SCREEN)."""

    words: list[Phrase] = Field(default_factory=list)
    links: list[Domain] = Field(default_factory=list)


class FrequencyCap(Strict):
    """At most so many messages of the account to a subscriber in so many days (INTAKE, FREQUENCY_CAP)."""

    messages: int = Field(ge=1)
    days: int = Field(ge=1, le=366)
    klass: Literal["informational", "promotional"] | None = Field(default=None, alias="class")


class Defaults(Strict):
    """What a manifest may leave out (INTAKE), and what only the account can say."""

    sender: Sender | None = None
    template: str | None = None
    validity: Validity | None = None
    daily_window: Window | None = None
    spread: Spread | None = None
    rate: int | None = Field(default=None, ge=1, le=2_000_000_000)
    klass: Literal["informational", "promotional"] | None = Field(default=None, alias="class")
    encoding: Encoding | None = None
    delimiter: Literal[",", ";", "\t", "|", "comma", "semicolon", "tab", "pipe"] | None = None
    header: bool | None = None
    columns: list[Text] | None = None
    recipient_column: Text | None = None
    text_column: Text | None = None
    max_segments: int | None = Field(default=None, ge=1, le=255)
    on_insufficient_balance: Literal["hold", "partial"] | None = None
    base_mismatch_percent: Percent | None = None
    quiet_hours: Window | None = None
    max_segments_per_day: int | None = Field(default=None, ge=0)
    new_account_days: int | None = Field(default=None, ge=0)
    new_account_segments_per_day: int | None = Field(default=None, ge=0)
    content_screen: ContentScreen | None = None
    frequency_cap: FrequencyCap | None = None
    manifest_required: bool | None = None
    approval_required: bool | None = None
    gate: Gate | None = None
