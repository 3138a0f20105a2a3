"""Copies the browser's libraries beside our own static files: run at set-up (`python -m reports.portal.vendor`)."""

import shutil
import sys

from outbound.errors import OutboundError
from outbound.node_packages import modules
from reports.portal.places import STATIC, VENDOR

FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/css/tabler.rtl.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "echarts/dist/echarts.min.js",
    "htmx.org/dist/htmx.min.js",
)


def main() -> int:
    try:
        found = modules(VENDOR)
    except OutboundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    target = STATIC / "vendor"
    target.mkdir(exist_ok=True)
    for file in FILES:
        shutil.copyfile(found / file, target / file.rpartition("/")[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
