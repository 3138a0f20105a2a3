"""`make exhaustive-money`: ACCOUNTS random accounts (2,000) from SEED through six builds, each mart beside the second
implementation; status 1 where they differ. The same ACCOUNTS and SEED play the same again.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from tests.acceptance.crash.server import server
from tests.exhaustive_money.play import play


def main() -> int:
    os.environ["OUTBOUND_PG_FSYNC"] = "off"  # nothing here is about machines that fail
    accounts = int(os.environ.get("ACCOUNTS") or 2_000)
    seed = int(os.environ.get("SEED") or random.randrange(1 << 40))
    began = time.monotonic()
    print(f"{accounts} accounts, seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="outbound-exhaustive-money-"))
    try:
        with server() as own:
            uri = own.clone("exhaustive_money")
            os.environ |= {"DATABASE_URL": uri, "OUTBOUND_HOME": str(folder)}
            with psycopg.connect(uri, autocommit=True) as connection:
                found = play(connection, accounts, seed, lambda said: print(said, flush=True))
    finally:
        shutil.rmtree(folder)
    print(*found, sep="\n", end="")
    print(f"{len(found) or 'no'} differences, {time.monotonic() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
