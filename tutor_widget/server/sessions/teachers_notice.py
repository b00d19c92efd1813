"""The notice that teachers can read a conversation: once in each session, before all else."""

from __future__ import annotations

import hashlib

from tutor_widget.server.store import Erased, Head, Kept, Store

__all__ = ["is_untouched", "notice_id", "write_notice"]


def notice_id(text: str) -> str:
    """The id of the notice, so that a session gets each text once, from whichever node."""
    return f"_readable-{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


async def write_notice(store: Store, head: Head, text: str) -> Head | Erased:
    """Write the notice with this text, unless the log has it. Returns the head after it."""
    if head.seq and isinstance(await store.find(head.key, notice_id(text)), Kept):
        return head
    kept = await store.notice(head.key, notice_id(text), None, text)
    return kept if isinstance(kept, Erased) else await store.head(head.key)


async def is_untouched(store: Store, head: Head, text: str) -> bool:
    """Whether the log has nothing, or nothing but the notice with this text."""
    if head.seq != 1 or not text:
        return head.seq == 0
    found = await store.find(head.key, notice_id(text))
    return isinstance(found, Kept) and found.event.seq == 1
