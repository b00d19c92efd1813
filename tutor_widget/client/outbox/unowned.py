"""Journals that nobody owns, of whatever session: their messages are sent by the next kernel.

A chat adopts the journals of its own session (`orphans`). A notebook may be renamed, copied or
deleted while messages wait, and then no chat shows their session any more. So each journal names
its session, and a client that is connected sends what it finds for its server, user and
credentials.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path
from typing import Final

from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.storage.files import modified
from tutor_widget.client.storage.folders import data_folder, digest, user_name
from tutor_widget.client.storage.owners import credentials_owner
from tutor_widget.session import Entry, Message

from . import records
from .orphans import is_orphan

AT_ONCE: Final = 8
"""Sessions that are found by one look. The next looks find the others."""


def outbox() -> Path:
    """The folder of all journals."""
    return data_folder() / "outbox"


def origin_of(server: str, session: str, credentials: Credentials) -> records.Origin:
    """What the journals of this session say of it. Call it on the disk's thread."""
    return records.Origin(_user_of(server), session, credentials_owner(credentials))


def find_unowned(
    server: str, credentials: Credentials, account: str | None, seen: Collection[Path]
) -> dict[Path, str]:
    """The journals from which messages can be sent, oldest first, each with its session.

    ``account``: the one that these credentials were welcomed as. A journal of other credentials is
    found only if all of it belongs to that account. Those in ``seen`` are passed over.
    """
    own = _user_of(server), credentials_owner(credentials)
    found: dict[Path, str] = {}
    for path in sorted(outbox().glob("*.journal"), key=modified):
        if path in seen or len(found) == AT_ONCE:
            continue
        with contextlib.suppress(OSError):
            entries, owner, _, origin = records.read(path)
            if origin is None or not any(map(_can_be_sent, entries.values())):
                continue
            is_own = (origin.server, origin.credentials) == own
            is_accounts = origin.server == own[0] and _are_of(account, entries.values())
            if (is_own or is_accounts) and is_orphan(path, owner):
                found[path] = origin.session
    return found


def _user_of(server: str) -> str:
    return digest("origin", server, user_name())


def _can_be_sent(entry: Entry) -> bool:
    return not isinstance(entry, Message) or entry.status != "failed"


def _are_of(account: str | None, entries: Collection[Entry]) -> bool:
    return account is not None and all(entry.account == account for entry in entries)
