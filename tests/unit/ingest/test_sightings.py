"""When a file is complete, against the rule as it is written (INTAKE, Upload)."""

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest import zone
from ingest.sightings import Batch, Sightings
from outbound.landing.zone import Found

APART = timedelta(seconds=30)
names = st.sampled_from(["a.csv", "b.csv", "a.csv.part", ".a.csv", "a.csv.done", "ع.csv", "\udcff.csv"])
states = st.tuples(st.integers(0, 2), st.integers(0, 2))
ages = st.sampled_from([0, 29, 30, 31])


def expected(name, now, earlier):
    """The rule, read aloud."""
    if f"{name}.done" in now:
        return "marker"
    for part in (f"{name}.part", f".{name}"):
        if part in earlier and part not in now:
            return "rename"
    if name in earlier and earlier[name][0] == now[name] and earlier[name][1] >= 30:
        return "stability"
    return None


@given(st.dictionaries(names, states), st.dictionaries(names, st.tuples(states, ages)))
def test_it_is_complete_by_a_marker_a_rename_or_two_looks(now, earlier):
    listing = {"campaign": {name: Found("campaigns", name, *state, 0) for name, state in now.items()}}
    batches = [
        Batch(n, "campaign", timedelta(seconds=age), [zone.printable(name)], [state[0]], [state[1]])
        for n, (name, (state, age)) in enumerate(earlier.items())
    ]
    seen = Sightings(batches, listing, APART, is_atomic=False)
    plain = {name: found for name, found in listing["campaign"].items() if zone.is_plain(name)}
    rule = {name: how for name in plain if (how := expected(name, now, earlier))}
    assert {found.name: how for _, found, how in seen.complete()} == rule

    whole = Sightings([], listing, APART, is_atomic=True)
    assert set(whole.complete()) == {("campaign", found, "bucket") for found in plain.values()}
    assert (whole.new("campaign"), whole.over("campaign")) == ([], set())


@given(st.dictionaries(names, states), st.dictionaries(names, st.tuples(states, ages)))
def test_what_is_new_or_over_is_noted(now, earlier):
    listing = {"campaign": {name: Found("campaigns", name, *state, 0) for name, state in now.items()}}
    batches = [
        Batch(n, "campaign", timedelta(seconds=age), [zone.printable(name)], [state[0]], [state[1]])
        for n, (name, (state, age)) in enumerate(earlier.items())
    ]
    seen = Sightings(batches, listing, APART, is_atomic=False)
    noted = {zone.printable(name): state for name, (state, _) in earlier.items()}
    there = {zone.printable(name): state for name, state in now.items()}
    assert seen.over("campaign") == {name for name, state in noted.items() if there.get(name) != state}
    assert dict(seen.new("campaign")) == {
        name: state for name, state in there.items() if noted.get(name) != state and not name.endswith(".done")
    }


@given(st.dictionaries(names, states, min_size=1), st.randoms())
def test_a_digest_changes_with_any_change_and_not_with_the_order(now, chance: random.Random):
    def listing(state, order=False):
        items = list(state.items())
        if order:
            chance.shuffle(items)
        return {kind: {} for kind in zone.FOLDERS} | {
            "campaign": {name: Found("campaigns", name, *parts, 0) for name, parts in items}
        }

    before = zone.digest(listing(now))
    assert zone.digest(listing(now, order=True)) == before
    name = chance.choice(sorted(now))
    size, modified_ns = now[name]
    for other in ({**now, name: (size + 1, modified_ns)}, {**now, name: (size, modified_ns + 1)}, {**now, "c": (0, 0)}):
        assert zone.digest(listing(other)) != before
    without = {key: value for key, value in now.items() if key != name}
    assert zone.digest(listing(without)) != before
    assert zone.digest(listing(now) | {"base": listing(now)["campaign"], "campaign": {}}) != before
