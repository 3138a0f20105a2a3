"""Accounts whose invoices become files, and what is read of them."""

import io
from pathlib import Path

import pypdf

SETUP = """
legal_entity:
  name: Example Telecom
  country: EG
  timezone: Africa/Cairo
  tax_id: "100-200-300"
  documents:
    name_ar: المثال للاتصالات
    address: {building: "12", street: Tahrir Street, city: Cairo, governorate: Cairo, postal_code: "11511"}
    activity_code: "6110"
    item_code: EG-100200300-SMS
  chart_of_accounts: {"1200": "121000", "1210": "121500"}
networks: [{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}]
accounts:
  - name: nile
    scheme: prepaid
    currency: EGP
    vat_rate: "0.14"
    rates: [{zone: EG, from: 2020-01-01, rate: "0.10"}]
    language: both
    documents:
      name: Nile Trading S.A.E.
      name_ar: شركة النيل للتجارة
      tax_id: "200-300-400"
      address: {building: "5", street: Corniche, city: Giza, governorate: Giza}
  - name: delta
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    rates:
      - {zone: EG, from: 2020-01-01, rate: "0.1005"}
      - {zone: EG, from: 2020-01-01, from_unit: 101, rate: "0.0905"}
    minimum_monthly: "20"
    documents: {usage_file: segments}
"""
USAGE = [
    {
        "type": "usage",
        "id": f"U-{n}",
        "at": f"2024-03-{n:02}T10:00:00+02:00",
        "units": 33,
        "zone": "EG",
        "account": "delta",
    }
    for n in range(1, 5)
]


def results(operator, account: str) -> dict[str, bytes]:
    """What is in the account's results folder."""
    folder = Path(operator.sql("select landing from account.account where name = %s", account)[0][0])
    home = folder if folder.is_absolute() else operator.folder / "home" / folder
    return {path.name: path.read_bytes() for path in sorted((home / "results").iterdir())}


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def buy(operator, units: int, rate: str) -> str:
    return operator.does("purchase", "--account", "nile", "--units", units, "--rate", rate)["invoice"]
