"""What the environment says of a provider."""

import pytest

from outbound.settings import WrongSetting
from reports.portal import oidc


@pytest.fixture
def told(monkeypatch):
    def provider_of(**settings):
        for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "NAME", "DOMAINS"):
            monkeypatch.delenv(f"OUTBOUND_OIDC_{name}", raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(f"OUTBOUND_OIDC_{name}", value)
        return oidc.provider()

    return provider_of


def test_without_an_issuer_there_is_none(told):
    assert told(CLIENT_ID="x") is None


def test_what_is_not_said_is_left_to_the_provider(told):
    found = told(ISSUER="https://login.example.com/realm", CLIENT_ID="outbound", CLIENT_SECRET="word")

    assert (found.name, found.domains, found.client_secret) == ("login.example.com", (), "word")
    assert "word" not in repr(found)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"ISSUER": "http://login.example.com", "CLIENT_ID": "x"}, "OUTBOUND_OIDC_ISSUER"),
        ({"ISSUER": "login.example.com", "CLIENT_ID": "x"}, "OUTBOUND_OIDC_ISSUER"),
        ({"ISSUER": "https://login.example.com"}, "OUTBOUND_OIDC_CLIENT_ID"),
    ],
)
def test_what_cannot_be_used_is_said_by_its_name(told, settings, variable):
    with pytest.raises(WrongSetting, match=variable):
        told(**settings)
