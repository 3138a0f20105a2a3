"""Where this installation keeps its state and finds its database, read from the environment."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """home: the folder of all state. database_url: a libpq URI, or None for the embedded server. root: the code."""

    home: Path
    database_url: str | None
    root: Path = ROOT

    @cached_property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @cached_property
    def dbt_project(self) -> Path:
        return self.root / "dbt"

    @cached_property
    def snapshots(self) -> Path:
        """Customers' files as they were claimed, by account and content (INTAKE)."""
        return self.home / "snapshots"

    @cached_property
    def bases(self) -> Path:
        """Snapshots of customers' bases for look-ups, by account and version (INTAKE)."""
        return self.home / "bases"


def settings() -> Settings:
    """The settings of this process: `OUTBOUND_HOME` (default `.outbound` beside the code) and `DATABASE_URL`."""
    home = Path(os.environ.get("OUTBOUND_HOME") or ROOT / ".outbound").expanduser().absolute()
    return Settings(home=home, database_url=os.environ.get("DATABASE_URL") or None)
