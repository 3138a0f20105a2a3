"""How an Airflow task waits for a campaign: in the triggerer from start to end, without a worker.

The only module of the stage that imports Airflow; what it waits for is `ingest.progress`.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TaskSuccessEvent, TriggerEvent

LONGEST = timedelta(days=366)  # a held campaign waits for a recharge; units bought now are void by then


class CampaignEnded(BaseTrigger):
    """Fires once every message of a campaign is final, or the campaign was refused."""

    def __init__(self, campaign_id: int | str) -> None:
        super().__init__()
        self.campaign_id = campaign_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.{type(self).__name__}", {"campaign_id": self.campaign_id}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from ingest.progress import wait_for

        await wait_for(int(self.campaign_id))
        yield TaskSuccessEvent()


class WaitForCampaign(BaseOperator):
    """Starts as a trigger and ends with it. campaign_from: the task that returns the campaign's id."""

    template_fields = ("campaign_id",)
    start_from_trigger = True

    def __init__(self, *, campaign_from: str, **options: Any) -> None:
        super().__init__(execution_timeout=LONGEST, **options)
        self.campaign_id = f"{{{{ ti.xcom_pull(task_ids='{campaign_from}', map_indexes=-1) }}}}"
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=f"{__name__}.{CampaignEnded.__name__}",
            next_method="execute",
            trigger_kwargs={"campaign_id": self.campaign_id},
        )
