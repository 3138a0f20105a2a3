"""`make docs-dbt`: the models' documentation as one HTML file that needs no network: what each is, its columns, its lineage."""

import sys
from pathlib import Path

from billing.build import build, run_dbt


def write(folder: Path) -> Path:
    """Builds the marts, whose columns the documentation lists, and writes it. Raises BuildFailed."""
    build()
    run_dbt("docs generate", "--static", "--write-json", "--target-path", str(folder.resolve()))
    return folder / "static_index.html"


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
