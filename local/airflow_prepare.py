"""Makes Airflow's database ready, in one interpreter: three commands of its own would pay for its imports three times.

Run as `python -m local.airflow_prepare` with the environment of `local.airflow`.
"""

import json
import tempfile

from airflow.cli.cli_parser import get_parser

from local.airflow import POOLS


def main() -> None:
    """What `airflow db migrate`, `airflow pools import` and `airflow dags reserialize` do."""
    parser = get_parser()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as pools:
        json.dump(
            {name: {"slots": slots, "description": "", "include_deferred": False} for name, slots in POOLS.items()},
            pools,
        )
        pools.flush()
        for words in (["db", "migrate"], ["pools", "import", pools.name], ["dags", "reserialize"]):
            arguments = parser.parse_args(words)
            arguments.func(arguments)


if __name__ == "__main__":
    main()
