"""Which errors Airflow does not try a task again for: those that time does not mend before the next scheduled run."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_retried(*errors: type[Exception]) -> Iterator[None]:
    """These errors fail the task at once. Until its last retry a run is under way, and keeps runs that a person starts waiting."""
    try:
        yield
    except errors as error:
        from airflow.sdk.exceptions import AirflowFailException

        raise AirflowFailException(str(error)) from error
