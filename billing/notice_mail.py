"""A notice by e-mail: the message, and one conversation with the mail server for each."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from outbound.errors import OutboundError
from outbound.settings import Mail

SECONDS = 20  # for each answer of the server


class NoMailServer(OutboundError):
    """The mail server cannot be used, whoever is written to: what it said."""


class NotTaken(OutboundError):
    """The mail server did not take one e-mail. final: it never will."""

    def __init__(self, message: str, *, final: bool) -> None:
        super().__init__(message)
        self.final = final


def compose(sender: str, recipient: str, delivery: str, subject: str, body: str) -> EmailMessage:
    """delivery: the id by which a recipient's mail system knows that it has this e-mail already."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{delivery}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def send(mail: Mail, message: EmailMessage) -> None:
    """Returns once the server has taken it. Raises NoMailServer, NotTaken."""
    try:
        with _opened(mail) as server:
            _log_in(server, mail)
            server.send_message(message, to_addrs=[message["To"]])
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise NotTaken(f"refused ({code}): {_plain(reason)}", final=code >= 500) from None
    except smtplib.SMTPNotSupportedError as error:
        raise NotTaken(f"the server takes no such address: {error}", final=True) from None
    except smtplib.SMTPDataError as error:
        final = error.smtp_code >= 500
        raise NotTaken(f"refused ({error.smtp_code}): {_plain(error.smtp_error)}", final=final) from None
    except smtplib.SMTPResponseException as error:
        raise NoMailServer(f"{mail.host} said {error.smtp_code}: {_plain(error.smtp_error)}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NoMailServer(f"{mail.host}:{mail.port} cannot be used: {type(error).__name__}, {error}") from None


def _opened(mail: Mail) -> smtplib.SMTP:
    if mail.security == "none":
        return smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    context = ssl.create_default_context(cafile=mail.ca_file)
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    try:
        server.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        server.close()
        raise NoMailServer(f"{mail.host} offers no STARTTLS: nothing was sent in the open") from None
    except Exception:
        server.close()
        raise
    return server


def _log_in(server: smtplib.SMTP, mail: Mail) -> None:
    if mail.user:
        try:
            server.login(mail.user, mail.password or "")
        except smtplib.SMTPNotSupportedError as error:
            raise NoMailServer(f"{mail.host} takes no password: {error}") from None


def _plain(reason: bytes | str) -> str:
    return reason.decode(errors="replace") if isinstance(reason, bytes) else reason
