"""The portal's pages, a module for each group: `router` holds its routes, `MENU` what it adds to the menu."""

from types import ModuleType

from reports.portal.pages import (
    approvals,
    balance,
    campaigns,
    closing,
    exports,
    finance,
    finance_account,
    finance_deeds,
    home,
    invoices,
    new_campaign,
    operations,
    people,
    recipients,
    search,
    search_number,
    settings,
    sign_in,
    sla,
)

MODULES: tuple[ModuleType, ...] = (
    sign_in,
    home,
    new_campaign,
    campaigns,
    balance,
    recipients,
    invoices,
    finance,
    finance_account,
    finance_deeds,
    closing,
    approvals,
    exports,
    sla,
    operations,
    people,
    search,
    search_number,
    settings,
)
"""In the order of the menu."""
