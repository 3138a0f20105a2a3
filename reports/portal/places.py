"""Where the portal's files lie."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"
LOCALE = HERE / "locale"
VENDOR = HERE / "vendor"
