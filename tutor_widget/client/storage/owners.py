"""Names for what a browser keeps: of conversations, and of whoever wrote there, as hashes.

A tab of a browser outlives the kernel, and its pages may hold chats of several accounts. What the
learner typed there must come back to the same account only. Where the server has named no account
yet, different credentials count as different accounts.

A name is a digest under a random key in the user's data folder: the next kernel gives the same
names, and nobody without the key can test a guess, at a token or at the name of a session, which a
saved notebook would allow. Without a disk the names of credentials are those of this process, and
the others have no key: what the learner typed there must still be found by the next kernel.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

from tutor_widget.client.net.credentials import Credentials

from .files import delete, sync_folder, write_draft
from .folders import data_folder, digest, user_name

_SIZE: Final = 32
_RANDOM: Final = re.compile("[0-9a-f]{32}")
"""An id that nobody can guess (`session_memory.new_id`)."""
_names: Final[dict[Credentials, str]] = {}


def credentials_owner(credentials: Credentials) -> str:
    """The name of these credentials: "" for the environment's. Call it on the disk's thread.

    Credentials that no other process can recognise have a random name in this one.
    """
    if credentials not in _names:
        name = credentials.fingerprint(_key() or secrets.token_bytes(_SIZE))
        if name is None or name in _names.values():  # unequal ones of two modules of one name
            name = secrets.token_hex(16)
        _names[credentials] = name
    return _names[credentials]


def account_owner(server: str, account: str) -> str:
    """The name of an account of this server."""
    return _name("account", server, account)


def session_name(server: str, session: str) -> str:
    """The name of the user's session at this server."""
    if _RANDOM.fullmatch(session):  # needs no key, and has what version 0.1 kept under this name
        return digest("browser", server, session, user_name())
    return _name("browser", server, session, user_name())


def _name(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(_key() or b"", text, hashlib.sha256).hexdigest()[:32]


def _key() -> bytes | None:
    """The user's key; None without a disk. The first call in a data folder waits for the disk."""
    return _kept(data_folder() / "owners.key")


@functools.lru_cache(8)
def _kept(path: Path) -> bytes | None:
    return _read_or_make(path)


def _read_or_make(path: Path) -> bytes | None:
    """The key in the file, which is made if needed; None without a disk."""
    fresh = secrets.token_bytes(_SIZE)
    draft = path.with_suffix(f".{secrets.token_hex(4)}.draft")
    with contextlib.suppress(OSError):
        if (found := _read(path)) is not None:
            return found
        write_draft(draft, fresh)
        _publish(draft, path)
        sync_folder(path.parent)
        return _read(path)
    return None


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
