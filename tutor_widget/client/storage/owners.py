"""Names for whoever wrote what a browser keeps: credentials and accounts, as hashes.

A tab of a browser outlives the kernel, and its pages may hold chats of several accounts. What the
learner typed there must come back to the same account only. Where the server has named no account
yet, different credentials count as different accounts.

The name of credentials is a digest under a random key in the user's data folder: the next kernel
recognises the same credentials, and nobody without the key can test a guess at a token.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from tutor_widget.client.net.credentials import Credentials

from .files import delete, sync_folder, write_draft
from .folders import data_folder, digest

_SIZE: Final = 32
_names: Final[dict[Credentials, str]] = {}


def credentials_owner(credentials: Credentials) -> str:
    """The name of these credentials: "" for the environment's. Call it on the disk's thread.

    Credentials that no other process can recognise have a random name in this one.
    """
    if credentials not in _names:
        name = credentials.fingerprint(_key(data_folder() / "owners.key"))
        if name is None or name in _names.values():  # unequal ones of two modules of one name
            name = secrets.token_hex(16)
        _names[credentials] = name
    return _names[credentials]


def account_owner(server: str, account: str) -> str:
    """The name of an account of this server."""
    return digest("account", server, account)


def _key(path: Path) -> bytes:
    """The key in the file, which is made if needed. Without a disk: one for this process."""
    fresh = secrets.token_bytes(_SIZE)
    draft = path.with_suffix(f".{secrets.token_hex(4)}.draft")
    with contextlib.suppress(OSError):
        if (found := _read(path)) is not None:
            return found
        write_draft(draft, fresh)
        _publish(draft, path)
        sync_folder(path.parent)
        return _read(path) or fresh
    return fresh


def _read(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    return found if len(found) == _SIZE else None


def _publish(draft: Path, path: Path) -> None:
    """Give the file its name, unless another kernel has just made it. A damaged one is replaced."""
    try:
        if not path.exists():
            os.link(draft, path)
        elif _read(path) is None:
            draft.replace(path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        draft.replace(path)
    finally:
        delete(draft)
