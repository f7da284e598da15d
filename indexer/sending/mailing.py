"""How is a mail sent? By the server that the settings name, encrypted unless they say otherwise."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from pathlib import Path

from indexer.errors import NotSent, PartlySent, UserError
from indexer.files import private
from indexer.settings import TeamSettings

TIMEOUT_S = 20.0
PASSWORD = "INDEXER_TEAM_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ITSELF = "[127.0.0.1]"
"""What the server is told of this machine, whose name is nobody's business."""
_MOST_PASSWORD = 1_000


def send_mail(
    team: TeamSettings, message: bytes, env: Mapping[str, str], timeout_s: float = TIMEOUT_S
) -> None:  # fmt: skip
    """Hand a mail to the server; raise NotSent unless it takes it for everybody, or for anybody at all."""
    if team.smtp_user and team.smtp_tls == "none":
        raise NotSent("the password would be sent unencrypted: set team.smtp_tls to starttls or tls")
    password = _password(team, env) if team.smtp_user else ""
    try:
        with _connected(team, timeout_s) as server:
            if team.smtp_user:
                server.login(team.smtp_user, password)
            refused = server.sendmail(team.smtp_from, team.smtp_to, message)
    except smtplib.SMTPRecipientsRefused as error:
        raise NotSent(f"nobody of {', '.join(error.recipients)} is known there") from error
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise NotSent(f"the answer is {error.smtp_code} ({' '.join(text.split())[:120]})") from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotSent(str(error) or type(error).__name__) from error
    if refused:
        raise PartlySent(f"{', '.join(refused)} did not get it: the server doesn't know them")


def _connected(team: TeamSettings, timeout_s: float) -> smtplib.SMTP:
    port = team.smtp_port or _PORTS[team.smtp_tls]
    if team.smtp_tls == "tls":
        return smtplib.SMTP_SSL(
            team.smtp_host, port, _ITSELF, timeout=timeout_s, context=ssl.create_default_context()
        )
    server = smtplib.SMTP(team.smtp_host, port, _ITSELF, timeout=timeout_s)
    if team.smtp_tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _password(team: TeamSettings, env: Mapping[str, str]) -> str:
    if env.get(PASSWORD):
        return env[PASSWORD]
    if not team.smtp_password_file:
        raise NotSent(f"team.smtp_user has no password: set team.smtp_password_file or {PASSWORD}")
    path = Path(team.smtp_password_file).expanduser()
    try:
        private.close_to_others(path)
        with path.open("rb") as file:
            return file.readline(_MOST_PASSWORD).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError, UserError) as error:
        raise NotSent(f"the password can't be read from {path}: {error}") from error
