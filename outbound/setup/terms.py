"""What a set-up file says of the commercial terms of an account, and of how they change."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from outbound.money import currency_digits
from outbound.setup.values import Amount, Currency, Day, PaymentDays, Share, Strict, TaxRate


class Terms(Strict):
    """The commercial terms that can change at a date (CHARGING 2, 30)."""

    scheme: Literal["prepaid", "postpaid"]
    currency: Currency
    tax_treatment: Literal["standard", "zero_rated", "exempt"] = "standard"
    vat_rate: TaxRate = Decimal(0)
    valuation: Literal["rerate", "blended"] = "rerate"
    recharge_tolerance: Share = Decimal(0)
    tier_mode: Literal["graduated", "volume"] = "graduated"
    tier_scope: Literal["zone", "account"] = "zone"
    minimum_monthly: Amount = Decimal(0)
    credit_limit: Amount | None = None
    monthly_cap: Amount | None = None
    payment_days: PaymentDays = 30
    activation: Literal["confirmation", "payment"] = "confirmation"

    @model_validator(mode="after")
    def _has_the_currency_s_digits(self) -> "Terms":
        digits = currency_digits(self.currency)
        for name in ("minimum_monthly", "credit_limit", "monthly_cap"):
            amount = getattr(self, name)
            if amount is not None and amount != round(amount, digits):
                raise ValueError(f"{name}: {amount} has more digits than {self.currency}, which has {digits}")
        return self

    @model_validator(mode="after")
    def _is_taxed(self) -> "Terms":
        if self.tax_treatment != "standard" and self.vat_rate:
            raise ValueError(
                f"what is {self.tax_treatment} has no VAT: set vat_rate to 0, or tax_treatment to standard"
            )
        return self


class Change(Strict):
    """Other terms from a day on; what it leaves out stays as it was."""

    since: Day = Field(alias="from")
    scheme: Literal["prepaid", "postpaid"] | None = None
    currency: Currency | None = None
    tax_treatment: Literal["standard", "zero_rated", "exempt"] | None = None
    vat_rate: TaxRate | None = None
    valuation: Literal["rerate", "blended"] | None = None
    recharge_tolerance: Share | None = None
    tier_mode: Literal["graduated", "volume"] | None = None
    tier_scope: Literal["zone", "account"] | None = None
    minimum_monthly: Amount | None = None
    credit_limit: Amount | None = None
    monthly_cap: Amount | None = None
    payment_days: PaymentDays | None = None
    activation: Literal["confirmation", "payment"] | None = None
