"""Random rounds of kills and faults, judged by the carriers' own records; `make torture` plays two hundred."""

import os
import random
from collections.abc import Iterator

import pytest

from tests.acceptance.crash.play import play
from tests.acceptance.crash.server import Server, server
from tests.acceptance.crash.story import Mode, draw


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    with server() as one:
        yield one


@pytest.mark.parametrize(("mode", "build"), [(Mode.COMPLETE, False), (Mode.NEVER_TWICE, True), (Mode.MISSING, False)])
def test_a_round(own_server, tmp_path, mode, build):
    """SEED=... plays the rounds of that seed again."""
    seed = os.environ.get("SEED") or str(random.randrange(10**6))
    story = draw(f"{seed}-{mode.value}", mode=mode, build=build, size=(60, 140))
    try:
        outcome = play(story, own_server, tmp_path / "round", f"round_{mode.value}")
    except AssertionError as error:
        raise AssertionError(f"SEED={seed}, {mode.value}: {error}\n{story.strikes}\n{story.carriers}") from error
    assert outcome.accepted > 0
    assert outcome.due == outcome.accepted + outcome.rejected + outcome.not_sent + outcome.unknown
