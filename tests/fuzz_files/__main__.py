"""`make fuzz-files`: COUNT mutated files (10,000) from SEED, each taken in for real; status 1 where a promise was broken.

COUNT=1 SEED=<the seed that is told> takes that file in again.
"""

import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.acceptance.crash.server import server
from tests.fuzz_files import run
from tests.fuzz_files.stage import Stage, stage

_LOT = 500  # files between two lines
_TOLD = 20  # broken promises after which it ends


def main() -> int:
    os.environ["OUTBOUND_PG_FSYNC"] = "off"  # nothing here is about machines that fail
    count = int(os.environ.get("COUNT") or 10_000)
    first = int(os.environ.get("SEED") or random.randrange(1 << 40))
    folder = Path(tempfile.mkdtemp(prefix="outbound-fuzz-files-"))
    print(f"{count} files from seed {first}", flush=True)
    try:
        with server() as own:
            uri = own.clone("fuzz_files")
            os.environ |= {"DATABASE_URL": uri, "OUTBOUND_HOME": str(folder / "home")}
            with (platform := stage(uri, folder / "sender")).connection:
                return play(platform, first, count)
    finally:
        shutil.rmtree(folder)


def play(platform: Stage, first: int, count: int) -> int:
    began = time.monotonic()
    ended: Counter[str] = Counter()
    broken = 0
    for done, seed in enumerate(range(first, first + count), 1):
        try:
            ended.update(run.outcome(platform, seed))
        except run.DoesNotHold as error:
            broken += 1
            print(f"BROKEN: {error}", *traceback.format_tb((error.__cause__ or error).__traceback__)[-1:], sep="\n")
            if broken == _TOLD:
                break
        if done % _LOT == 0:
            print(f"{done} files, {time.monotonic() - began:.0f} s", flush=True)
    print(", ".join(f"{name} {times}" for name, times in ended.most_common()))
    if not broken:
        print("every file was answered; nobody outside a base was queued, nothing done by halves, nothing crashed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
