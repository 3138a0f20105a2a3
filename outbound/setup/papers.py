"""What invoices, credit notes and exports say of the two parties, as a set-up file gives it; all of it may be left out."""

from typing import Annotated, Literal

from pydantic import Field

from outbound.setup.values import Country, Strict, Text, Zone

ItemCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
# those that entries are posted to
LedgerAccount = Literal["1100", "1150", "1200", "1210", "2100", "2200", "3000", "4100", "4200", "4300", "5100"]


class Address(Strict):
    """Where a party is. branch: the tax authority's number of the office that sells; 0 is the head office."""

    building: Text | None = None
    street: Text | None = None
    city: Text | None = None
    governorate: Text | None = None
    postal_code: Text | None = None
    country: Country | None = None
    branch: Text = "0"


class SellerDocuments(Strict):
    """What documents say of the legal entity beside its name and tax_id.

    activity_code and item codes: the tax authority's, without which no e-invoice is made. item_codes: by zone, where a
    zone's messages have a code of their own; item_code: all others'.
    """

    name_ar: Text | None = None
    address: Address = Address()
    note: Text | None = None
    note_ar: Text | None = None
    activity_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None
    item_type: Literal["EGS", "GS1"] = "EGS"
    item_code: ItemCode | None = None
    item_codes: dict[Zone, ItemCode] = Field(default_factory=dict)
    unit_type: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,10}$")] = "EA"


class BuyerDocuments(Strict):
    """What documents say of the account, and in which form it gets them.

    form: B a business, P a person, F a foreigner, as the tax authority tells them apart; left out: by tax_id and country.
    usage_file: a row per segment, a row per campaign, zone and day, or no file.
    """

    name: Text | None = None
    name_ar: Text | None = None
    tax_id: Text | None = None
    address: Address = Address()
    form: Literal["B", "P", "F"] | None = None
    usage_file: Literal["segments", "days", "none"] = "days"
    item_codes: dict[Zone, ItemCode] = Field(default_factory=dict)
