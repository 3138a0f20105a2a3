"""A database without room: nothing is committed for a while, and nothing is lost, doubled or sent without its intent."""


def test_workers_wait_for_room_and_go_on(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, window=10, rate=100)
        platform.rows(
            "create function full_disk() returns trigger language plpgsql as"
            " $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$"
        )
        campaign = platform.accept(["x"] * 200)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 20)
        for table in ("intent", "submission", "receipt"):
            platform.rows(f"create trigger full_disk before insert on dispatch.{table} execute function full_disk()")
        platform.until(lambda: worker.events("cannot commit, trying again"))
        intended = platform.one("select sum(cardinality(ordinals)) from dispatch.intent")
        platform.until(lambda: worker.events("receipts wait for the database"))
        assert smsc.witness.count() <= intended < 200
        for table in ("intent", "submission", "receipt"):
            platform.rows(f"drop trigger full_disk on dispatch.{table}")
        platform.until(lambda: platform.progress(campaign).get("final_receipts") == 200)
        worker.stop()
        assert (smsc.witness.distinct(), smsc.witness.doubled()) == (200, [])

    assert platform.progress(campaign) == {"segments": 200, "accepted": 200, "final_receipts": 200}
