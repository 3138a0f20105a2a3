"""The portal's pages, a module for each group: `router` holds its routes, `MENU` what it adds to the menu."""

from types import ModuleType

from reports.portal.pages import (
    approvals,
    balance,
    campaigns,
    exports,
    finance,
    finance_account,
    finance_deeds,
    home,
    inbox,
    invitation,
    invoices,
    new_campaign,
    new_campaign_trial,
    operations,
    people,
    recipients,
    search,
    settings,
    sign_in,
    sla,
)

MODULES: tuple[ModuleType, ...] = (
    sign_in,
    invitation,
    home,
    new_campaign,
    campaigns,
    inbox,
    balance,
    recipients,
    new_campaign_trial,
    people,
    invoices,
    finance,
    finance_account,
    finance_deeds,
    approvals,
    exports,
    sla,
    operations,
    search,
    settings,
)
"""In the order of the menu."""
