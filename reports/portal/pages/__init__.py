"""The portal's pages, a module for each group: `router` holds its routes, `MENU` what it adds to the menu."""

from types import ModuleType

from reports.portal.pages import balance, home, invoices, recipients, settings, sign_in

MODULES: tuple[ModuleType, ...] = (sign_in, home, balance, recipients, invoices, settings)
"""In the order of the menu."""
