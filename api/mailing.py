"""E-mail of a node: the server that takes it, and what every message has."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final
from urllib.parse import urlsplit

from api.words import Language

SEND_SECONDS: Final = 20.0
MORNING_HOUR: Final = 7
"""When what is told once a day goes out."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class UnsentError(Exception):
    """A message surely did not go out; it may be sent again."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """The mail server that takes notices. Encrypted, but to this machine's own."""

    url: str
    """``smtp://host:587`` with STARTTLS, or ``smtps://host:465``."""
    sender: str
    user: str = ""
    password: str = ""

    def send(self, message: EmailMessage) -> None:
        """Send a message; raise :class:`UnsentError` where it surely did not go out."""
        with self.connected() as server:
            try:
                server.send_message(message)
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
                raise UnsentError from error

    @property
    def host(self) -> str:
        """Name of the server."""
        return urlsplit(self.url).hostname or ""

    def connected(self) -> smtplib.SMTP:
        """Connect to the server; raise :class:`UnsentError` where it does not let in."""
        parts = urlsplit(self.url)
        try:
            return self._opened(self.host, parts.port or 25, parts.scheme)
        except (OSError, smtplib.SMTPException) as error:
            raise UnsentError from error

    def _opened(self, host: str, port: int, scheme: str) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if scheme == "smtps":
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=SEND_SECONDS, context=context
            )
        else:
            opened = smtplib.SMTP(host, port, timeout=SEND_SECONDS)
        try:
            if scheme == "smtp" and host not in _LOOPBACK:
                opened.starttls(context=context)
            if self.user:
                opened.login(self.user, self.password)
        except BaseException:
            opened.close()
            raise
        return opened


def letter(
    sender: str,
    to: str,
    subject: str,
    body: str,
    languages: Sequence[Language],
    now: datetime,
) -> EmailMessage:
    """Write a message that nobody answers."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    message["Content-Language"] = ", ".join(languages)
    return message
