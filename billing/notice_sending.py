"""Sends what waits in the notices' outbox: at least once each, by one process at a time, until it is given up.

A delivery is claimed in a transaction of its own, which moves its next try ahead; what is sent is sent outside of any
transaction. Whoever dies in between leaves it to its next try, under the same id.
"""

import time
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

from billing import notice_mail, notice_webhook
from billing.notice_mail import NoMailServer, NotTaken
from billing.notice_webhook import NotCalled
from billing.notices import Q, Recipients, recipients
from outbound import clock, database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.notice_texts import text
from outbound.settings import Mail, WrongSetting, mail, private_webhooks, secret

log = logger(__name__)

ATTEMPTS = 12  # over about two days
DAYS = 7  # after which a notice is no news any more
LONGEST_REASON = 300


class NoLongerTold(OutboundError):
    """Whoever the delivery is for is not to be told any more: nothing is sent."""


class Delivery(NamedTuple):
    """One notice to one recipient, claimed by this process."""

    delivery: str
    account_id: int
    channel: str
    recipient: str
    attempts: int
    notice_id: int
    kind: str
    subject: str
    facts: dict[str, Any]
    at: Any
    account: str


def send(seconds: float = 240) -> dict[str, Any]:
    """Sends what is due, for at most so long; gives {"sent", "failed", "given_up", "waiting", "mail"}.

    A mail server or a webhook that fails is left alone until the next run: nothing waits for it. Without a mail server
    in the environment e-mails wait. Raises WrongSetting where that cannot be used, after all webhooks.
    """
    server, wrong = None, None
    try:
        server = mail()
    except WrongSetting as error:
        wrong = error
    figures: dict[str, Any] = {"sent": 0, "failed": 0, "given_up": 0}
    without, failing = ([] if server else ["email"]), list[str]()
    until = time.monotonic() + seconds
    with database.connect("billing", autocommit=True) as connection:
        figures["given_up"] += connection.execute(Q.give_up, {"attempts": ATTEMPTS, "days": DAYS}).rowcount
        while time.monotonic() < until and (one := _claimed(connection, without, failing)):
            try:
                _send_one(one, recipients(connection, one.account_id, one.kind), server)
            except NoMailServer as error:
                without.append("email")
                figures["failed"] += _failed(connection, one, error)
            except NotTaken as error:
                figures["given_up" if error.final else "failed"] += _failed(connection, one, error, final=error.final)
            except NoLongerTold as error:
                figures["given_up"] += _failed(connection, one, error, final=True)
            except (NotCalled, WrongSetting) as error:
                failing.append(one.recipient)
                figures["failed"] += _failed(connection, one, error)
            else:
                figures["sent"] += connection.execute(Q.sent, {"delivery": one.delivery}).rowcount
        (figures["waiting"],) = connection.execute(Q.waiting).fetchone() or (0,)
    if wrong is not None:
        raise wrong
    figures["mail"] = "no mail server: set OUTBOUND_SMTP_HOST" if server is None else server.host
    return figures


def _claimed(connection: psycopg.Connection, without: list[str], failing: list[str]) -> Delivery | None:
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(Q.claim, {"without": without, "except": failing}).fetchone()


def _send_one(one: Delivery, told: Recipients, server: Mail | None) -> None:
    if (one.channel, one.recipient) not in told.addresses():
        raise NoLongerTold("is not to be told of this account any more")
    words = text(one.kind, one.facts, told.language, one.account)
    if one.channel == "email" and server is not None:
        message = notice_mail.compose(server.sender, one.recipient, one.delivery, words.subject, words.line + "\n")
        notice_mail.send(server, message)
    elif told.webhook is not None:
        name = told.webhook.secret_env
        key = secret(name)
        if key is None:
            raise WrongSetting(f"the environment has no {name} with the key of the webhook's signature; set it")
        content = {
            "id": one.delivery, "notice": one.notice_id, "account": one.account, "kind": one.kind,
            "subject": one.subject, "at": one.at.isoformat(), "text": words.line, "facts": one.facts,
        }  # fmt: skip
        body = notice_webhook.encode(content)
        sent = notice_webhook.headers(key, one.delivery, body, clock.now())
        notice_webhook.call(one.recipient, body, sent, private=private_webhooks())


def _failed(connection: psycopg.Connection, one: Delivery, error: OutboundError, *, final: bool = False) -> int:
    reason = str(error)[:LONGEST_REASON]
    log.warning(
        "notice not sent", delivery=one.delivery, account=one.account_id, channel=one.channel, attempts=one.attempts,
        error=type(error).__name__,
    )  # fmt: skip
    return connection.execute(Q.failed, {"delivery": one.delivery, "reason": reason, "final": final}).rowcount
