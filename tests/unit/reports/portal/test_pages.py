"""Every module of pages is part of the application, and its menu leads to pages of its own."""

import pkgutil

from fastapi.routing import APIRoute

from reports.portal import pages


def test_every_module_of_pages_is_served():
    assert {module.__name__.rpartition(".")[2] for module in pages.MODULES} == {
        found.name for found in pkgutil.iter_modules(pages.__path__)
    }


def test_each_entry_of_the_menu_is_a_page():
    paths = [
        route.path_regex for module in pages.MODULES for route in module.router.routes if isinstance(route, APIRoute)
    ]
    for module in pages.MODULES:
        for entry in module.MENU:
            assert any(path.fullmatch(entry.url) for path in paths), entry.url
