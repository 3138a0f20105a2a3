"""A campaign over TLS, from the bind to its receipts, and a carrier whose certificate is not the one that was set up."""

from psycopg.types.json import Jsonb


def test_a_campaign_goes_out_and_its_receipts_come_back_over_tls(platform, carrier, tmp_path):
    tls = tmp_path / "tls"
    with carrier("--receipt-delay=0", "--replies=100", "--reply-delay=0", f"--tls={tls}") as smsc:
        platform.connect(smsc.port, tls=Jsonb({"ca_file": str(tls / "certificate.pem")}), sessions=2)
        campaign = platform.accept(["x", "long " * 40, "عزيزي"] * 100)
        platform.run_until_idle()
        assert smsc.witness.distinct() == 400

    assert platform.progress(campaign) == {"segments": 400, "accepted": 400, "final_receipts": 400}
    assert platform.one("select count(*) from dispatch.reply") == 400


def test_a_carrier_that_shows_another_certificate_gets_neither_password_nor_text(platform, carrier, tmp_path):
    trusted, shown = tmp_path / "trusted", tmp_path / "shown"
    with carrier(f"--tls={trusted}", name="trusted"), carrier(f"--tls={shown}") as smsc:
        platform.connect(smsc.port, tls=Jsonb({"ca_file": str(trusted / "certificate.pem")}))
        campaign = platform.accept(["x"])
        worker = platform.worker("--until-idle")
        assert worker.wait() == 1
        assert smsc.status()["binds"] == 0

    assert "TLS failed" in worker.log()
    assert platform.progress(campaign) == {"segments": 1, "unsent": 1}
