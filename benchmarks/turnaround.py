"""How long a customer's file takes from complete to answered, through the platform as it runs: Airflow's own processes and
the real DAGs, landing zones on a real SFTP server, five accounts that send at once; all on this machine.

    python benchmarks/turnaround.py [--files N] [--rows N] [--json FILE]

Prints a line a figure (name value unit reference ratio target ok|SHORT) and writes the same as JSON. Complete is what the
answer calls received_at, the instant from which S13 counts; answered is when the customer finds the answer in results/.
`waited_slowest` counts from the customer's rename instead, the minute until the next look included. Nothing is reported
where a file was answered otherwise than it was made to be.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import figures  # noqa: E402
from benchmarks.figures import Figure  # noqa: E402
from tests.acceptance.turnaround import judging, story  # noqa: E402
from tests.acceptance.turnaround.made import ACCOUNTS  # noqa: E402
from tests.acceptance.turnaround.running import Platform  # noqa: E402
from tests.acceptance.turnaround.story import Told  # noqa: E402
from tests.integration.landing import ssh_server  # noqa: E402

IN_TIME = 0.95  # of the files, by S13
PATIENCE = 3600.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=4, help=f"of each of the {len(ACCOUNTS)} accounts")
    options.add_argument("--rows", type=int, default=50_000, help="of each file")
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/turnaround.json"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "ssh").mkdir()
        with ssh_server.running(Path(folder) / "ssh", openssh=ssh_server.is_openssh_here()) as server:
            platform = Platform(Path(folder) / "home", server)
            try:
                told = story.play(platform, chosen.files, chosen.rows, patience=PATIENCE, scans_at_once=False)
            finally:
                platform.ended()
    if wrong := judging.differences(told):
        raise SystemExit("\n".join(wrong))
    judged = list(judge(told))
    for figure in judged:
        print(figure, flush=True)
    figures.write(judged, chosen.json)
    return figures.status(figure.verdict for figure in judged)


def judge(told: Told) -> Iterator[Figure]:
    """The rows a second stand beside those that answer everything in the time that one file may take."""
    seconds = [answer.seconds for answer in told.campaigns]
    waited = max(answer.seen_at for answer in told.campaigns) - told.completed_at
    allowed = min(judging.allowed_seconds(answer.file) for answer in told.campaigns)
    rows = sum(answer.file.rows for answer in told.campaigns)
    good = sum(map(judging.is_in_time, told.campaigns))
    yield Figure("turnaround_slowest", max(seconds), "s", allowed, 1.0)
    yield Figure("turnaround_median", statistics.median(seconds), "s", allowed, 1.0)
    yield Figure("waited_slowest", waited, "s", allowed, 1.0)
    yield Figure("turnaround_in_time", good / len(seconds), "of_the_files", IN_TIME, 1.0, most=False)
    yield Figure("turnaround_rows", rows / waited, "rows/s", rows / allowed, 1.0, most=False)


if __name__ == "__main__":
    sys.exit(main())
