"""`make torture`: ROUNDS random rounds from SEED, a line each, then a summary; status 1 where a promise was broken.

ROUNDS=1 SEED=<the seed of a line> plays that round again.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.acceptance.crash.play import Outcome, play
from tests.acceptance.crash.server import Server, server
from tests.acceptance.crash.story import draw


def main() -> int:
    os.environ["OUTBOUND_PG_FSYNC"] = "off"  # processes are killed here, not machines
    rounds = int(os.environ.get("ROUNDS") or 200)
    first = os.environ.get("SEED") or str(random.randrange(10**9))
    seeds = [first] if rounds == 1 else [f"{first}-{number}" for number in range(1, rounds + 1)]
    folder = Path(tempfile.mkdtemp(prefix="outbound-torture-"))
    outcomes: list[Outcome] = []
    broken: dict[str, str] = {}
    started_at = time.monotonic()
    print(f"torture: {rounds} rounds, SEED={first}", flush=True)
    with server() as own:
        for number, seed in enumerate(seeds, 1):
            played = one(seed, own, folder / str(number), f"round_{number}")
            if isinstance(played, Outcome):
                outcomes.append(played)
                shutil.rmtree(folder / str(number))
            else:
                broken[seed] = played
            print(f"{number:4} {played if isinstance(played, Outcome) else f'{seed} BROKEN: {played}'}", flush=True)
    print(summary(outcomes, broken, time.monotonic() - started_at))
    if broken:
        print(f"records and logs of the broken rounds: {folder}")
    else:
        folder.rmdir()
    return 1 if broken else 0


def one(seed: str, own: Server, folder: Path, name: str) -> Outcome | str:
    """The outcome, or what is wrong."""
    try:
        return play(draw(seed), own, folder, name)
    except Exception as error:  # noqa: BLE001 - a round that fails is told, the others go on
        return f"{type(error).__name__}: {error}"


def summary(outcomes: list[Outcome], broken: dict[str, str], seconds: float) -> str:
    blows = Counter(strike.blow.value for outcome in outcomes for strike in outcome.story.strikes)
    modes = Counter(outcome.story.mode.value for outcome in outcomes)
    return "\n".join(
        [
            f"{len(outcomes)} rounds kept every promise, {len(broken)} broke one, in {seconds / 60:.1f} min",
            ", ".join(
                f"{name.replace('_', ' ')} {sum(getattr(outcome, name) for outcome in outcomes)} segments"
                for name in ("due", "accepted", "rejected", "not_sent", "unknown", "settled_by_statement")
            ),
            "modes: " + ", ".join(f"{mode} {count}" for mode, count in modes.most_common()),
            "blows: " + ", ".join(f"{blow} {count}" for blow, count in blows.most_common()),
            f"charges compared in {sum(o.story.build for o in outcomes)} rounds",
            *(f"broken: ROUNDS=1 SEED={seed}: {why}" for seed, why in broken.items()),
        ]
    )


sys.exit(main())
