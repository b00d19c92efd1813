"""Journals as their folder has them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from tutor_widget.client.outbox.orphans import ORPHANED_AFTER
from tutor_widget.session import Entry, Message

KEY = "0123456789abcdef"


def message(id: str, text: str = "hello", at: int = 0) -> Message:
    return Message(id, text, at, status="queued")


def messages(entries: Iterable[Entry]) -> list[Message]:
    """The entries, which are all messages."""
    found = [entry for entry in entries if isinstance(entry, Message)]
    assert found == list(entries)
    return found


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{KEY}.*.journal"))


def orphan(folder: Path) -> None:
    """Let every journal look untouched for longer than an owner would leave it."""
    past = time.time() - ORPHANED_AFTER - 1
    for path in journals(folder):
        os.utime(path, (past, past))
