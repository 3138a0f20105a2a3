"""`make fuzz`: a million inputs, or as many as --inputs says."""

import argparse
import random
import sys
import time

from tests.fuzz import run

MOST_GROWTH = 16 << 20


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 40), help="of the first input")
    options.add_argument("--only", type=int, metavar="SEED", help="one input again")
    chosen = options.parse_args()
    if chosen.only is not None:
        run.one(chosen.only)
        return
    began = time.monotonic()
    print(f"{chosen.inputs} inputs from seed {chosen.seed}", flush=True)
    report = run.many(chosen.seed, chosen.inputs)
    seconds = time.monotonic() - began
    print(f"{report.inputs} inputs in {seconds:.0f} s, memory grew by {report.grown / 1e6:.1f} MB: no crash, no hang")
    if report.grown > MOST_GROWTH:
        sys.exit(f"error: {MOST_GROWTH / 1e6:.0f} MB at most are allowed")


main()
