"""The campaign's gate: Great Expectations judges its profile row by the account's thresholds (INTAKE).

The library is imported when it is called: its import takes seconds. It sees counts only; so do its pages.
"""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ingest import accounts, options
from outbound import database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings

log = logger("ingest.gate")
C = load("ingest/campaigns")


class NoProfile(OutboundError):
    """There is nothing to judge: no campaign of this id was validated."""


# What an account's defaults may set under `gate`, and the column of the profile that it bounds. Unset: no bound.
THRESHOLDS = {
    "max_rows": "rows",
    "max_reject_ratio": "reject_ratio",
    "max_not_in_base_ratio": "not_in_base_ratio",
    "max_campaign_segments": "segments",
    "max_message_segments": "max_segments",
    "max_ucs2_messages": "ucs2_messages",
}
_COLUMNS = (
    "rows", "accepted", "rejected", "not_in_base", "distinct_numbers", "segments", "max_segments", "gsm_messages",
    "ucs2_messages", "reject_ratio", "not_in_base_ratio",
)  # fmt: skip


def judge(campaign_id: int) -> bool:
    """Whether the campaign passes; the result stays with its profile. One that was judged is not judged again."""
    with database.connect("ingest", autocommit=True) as connection:
        profile = _profile(connection, campaign_id)
        if profile["judged_at"] is not None:
            return bool(profile["gate_passed"])
        account = accounts.by_id(connection, profile["account_id"])
        bounds = thresholds(options.policy(account.defaults).gate)
        pages = settings().home / "data_docs" / f"campaign-{campaign_id}"
        passed, failed = evaluate(judged_columns(profile), bounds, pages)
        result = {
            "passed": passed,
            "failed": failed,
            "thresholds": bounds,
            "data_docs": str(Path("data_docs") / pages.name / "index.html"),
        }
        connection.execute(C.set_gate, {"campaign": campaign_id, "passed": passed, "result": Jsonb(result)})
    log.info("judged", campaign=campaign_id, passed=passed, failed=failed)
    return passed


def judged_columns(profile: dict[str, Any]) -> dict[str, Any]:
    """What of a profile the gate looks at."""
    return {column: profile[column] for column in _COLUMNS}


def thresholds(gate: dict[str, Any]) -> dict[str, float]:
    """The bounds that an account sets, by the column that each is on."""
    unknown = sorted(set(gate) - set(THRESHOLDS))
    if unknown:
        raise options.WrongDefaults(f"defaults.gate: {', '.join(unknown)} is not one of {', '.join(THRESHOLDS)}")
    return {THRESHOLDS[name]: float(bound) for name, bound in gate.items()}


def evaluate(profile: dict[str, Any], bounds: dict[str, float], pages: Path | None) -> tuple[bool, list[str]]:
    """Whether the profile keeps the bounds, and which it breaks. pages: where Data Docs go; None writes none."""
    gx = _library()
    import pandas

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    frame = pandas.DataFrame([{column: float(value) for column, value in profile.items()}])
    batch = (
        context.data_sources.add_pandas("intake")
        .add_dataframe_asset("profile")
        .add_batch_definition_whole_dataframe("row")
    )
    suite = context.suites.add(gx.ExpectationSuite(name="campaign"))
    for column in profile:
        bound = bounds.get(column)
        suite.add_expectation(
            gx.expectations.ExpectColumnValuesToBeBetween(column=column, min_value=0, max_value=bound)
        )
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="gate", data=batch, suite=suite))
    actions = []
    if pages is not None:
        _add_site(context, pages)
        actions = [gx.checkpoint.UpdateDataDocsAction(name="pages", site_names=["campaign"])]
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="gate", validation_definitions=[definition], actions=actions)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = checkpoint.run(batch_parameters={"dataframe": frame})
    (result,) = found.run_results.values()
    failed = [
        f"{column['column']} is above {column['max_value']}"
        for column in (problem.expectation_config.kwargs for problem in result.results if not problem.success)
    ]
    return bool(result.success), failed


def _library() -> Any:
    """Great Expectations without progress bars, analytics and chatter."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own use of what is deprecated
        import great_expectations

    return great_expectations


def _add_site(context: Any, pages: Path) -> None:
    pages.mkdir(parents=True, exist_ok=True)
    for name in list(context.variables.data_docs_sites or {}):
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        "campaign",
        {
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(pages)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )


def _profile(connection: psycopg.Connection, campaign_id: int) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(C.profile, {"campaign": campaign_id}).fetchone()
    if found is None:
        raise NoProfile(f"there is no profile of a campaign {campaign_id}")
    return found
