"""The portal's pages, a module for each group: `router` holds its routes, `MENU` what it adds to the menu."""

from types import ModuleType

from reports.portal.pages import home, settings, sign_in

MODULES: tuple[ModuleType, ...] = (sign_in, home, settings)
"""In the order of the menu."""
