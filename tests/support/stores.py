"""Stores in the test's own process."""

from __future__ import annotations

from tests.support.servers.peers import SESSION
from tutor_widget.server import Store
from tutor_widget.server.store import Head


async def begin(store: Store, account: str = "", name: str = SESSION) -> Head:
    """Make the session, or find it; its head."""
    head = await store.create_session(account, name)
    assert isinstance(head, Head)
    return head
