"""The demo's files, whose outcome is known from how they were made, through the whole of intake."""

from ingest.foreground import ingest
from local.demo import campaigns, people

UNUSABLE = {"NUMBER_UNPARSABLE", "NUMBER_INVALID", "NOT_MOBILE", "NUMBER_MANGLED"}


def test_every_row_becomes_what_it_was_made_to_be(platform):
    bases = people.bases()
    platform.buy("nile", 17_000)
    for made in campaigns.base_files(bases):
        if made.account != "sahara":
            path = platform.file(f"{made.account}-{made.name}", made.content)
            ack = ingest(path, made.account, made.kind)
            assert (ack["status"], ack["rows"]) == ("accepted", made.rows)

    for name, made in campaigns.campaign_files(bases).items():
        if made.account == "sahara":
            continue
        ack = ingest(
            platform.file(made.name, made.content, **made.manifest, sender=made.sender), made.account, "campaign"
        )
        assert ack["status"] == made.outcome, (name, ack)
        if made.outcome == "partial":
            unusable = sum(ack["reasons"].pop(code, 0) for code in UNUSABLE)
            assert ack["reasons"] | {"unusable": unusable} == made.refused
            assert platform.sent(ack["campaign_id"]) == list(made.sends)
    assert ack["codes"][0]["detail"] == "needs 3000 segments, has 2176; a recharge releases it"
