"""The account that credentials were welcomed as last: whose a deletion is that comes before any
welcome.

A restarted kernel finds messages and requests of accounts in its journals, and only a welcome says
which account is its own. A server that has erased the conversation gives no welcome any more. So
each welcome is remembered, in one file for each (server, credentials, user) in the data folder:

    accounts/KEY.account    the account's pseudonym, in UTF-8

Credentials that no other process can recognise have no file. The functions block on the disk. If
that cannot be read or written, nothing is remembered, and nothing is raised.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tutor_widget.client.net.credentials import Credentials

from .files import delete, write_whole
from .folders import data_folder, digest, user_name
from .owners import credentials_owner

LONGEST: Final = 256
"""Bytes of the longest account: 64 code points (protocol section 3)."""


def recall_account(server: str, credentials: Credentials) -> str | None:
    """The account that was remembered last; None if none was."""
    path = _file(server, credentials)
    return None if path is None else _read(path)


def remember_account(server: str, credentials: Credentials, account: str | None) -> None:
    """These credentials were welcomed as this account; None: by a server that names none."""
    path = _file(server, credentials)
    if path is None or _read(path) == account:
        return
    if account is None:
        delete(path)
        return
    write_whole(path, account.encode("utf-8"))


def _file(server: str, credentials: Credentials) -> Path | None:
    if credentials.fingerprint(b"") is None:
        return None
    key = digest(server, credentials_owner(credentials), user_name())
    return data_folder() / "accounts" / f"{key}.account"


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            found = file.read(LONGEST + 1)  # a file that somebody else wrote may be of any length
        return found.decode("utf-8") if 0 < len(found) <= LONGEST else None
    except (OSError, UnicodeDecodeError):
        return None
