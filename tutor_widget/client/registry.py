"""The registry of this process's clients: one for each (server, session, credentials).

`open_client` finds or makes it, and every chat on it shares it; `Client.release` by the last
listener closes it. Everything here runs on the chats' loop.

Other credentials may be another account's, and only a welcome tells. Two clients that were welcomed
as the same account become one: the older hands its queue, its listeners and the answers they wait
for to the newer, and closes. So a caller that keeps a client asks for `Client.current` each time.
Two of different accounts share nothing, nor do two that were welcomed without one. Messages that
one adopted for the account of another move to that one.

The journal outlives the client for a moment: what waits is written and the file closed before the
next client on the session reads it.

A client that is connected also sends what waits in journals of other sessions that nobody owns
(`outbox.unowned`): each journal once in the life of this process, with what it was copied to.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.outbox.unowned import find_unowned
from tutor_widget.client.storage.disk import post_to_disk, run_on_disk
from tutor_widget.client.storage.expiry import expire
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.version import NAME

from .client import Client, Listener
from .shutdown import on_shutdown

_Key = tuple[str, str, Credentials]

_clients: Final[dict[_Key, Client]] = {}
"""Oldest first."""
_journals: Final[dict[_Key, asyncio.Task[None]]] = {}
"""Of each, the task of the journal that was opened last and is not closed yet."""
_taken_up: Final[set[Path]] = set()
"""The journals of other sessions that were found to be unowned, and those that they were copied to:
what a server does not take would be found again by each look, and copied to one more."""
_looks: Final[set[asyncio.Task[None]]] = set()
_abandoned: Final[list[Client]] = []
"""A parent's clients: kept, so that no task of theirs is destroyed here while it is pending."""


def open_client(
    target: Target, session: str, listener: Listener, name: str, account: str | None = None
) -> Client:
    """The client of this server, session and credentials; it is made and started if needed.

    ``account``: whose a client that is made here is until a welcome says otherwise. The client may
    hand over to another later: see `Client.current`.
    """
    key = (target.key, session, target.credentials)
    client = _clients.get(key)
    if client is None:
        on_shutdown(_close_all)
        if not _clients:
            post_to_disk(expire)
        client = _clients[key] = Client(
            target, session, name, account, on_end=_remove, on_account=_unite, on_look=_look
        )
        _start(client)
    else:
        client.take_target(target)
    client.listen(listener)
    return client


def send_left(target: Target, session: str, then: Callable[[], None], name: str) -> Client:
    """Send what waits in a session that no chat shows, as `Client.send_what_waits` does."""
    client = open_client(target, session, _ignore, name)
    client.send_what_waits(then)
    client.release(_ignore)
    return client


def _key_of(client: Client) -> _Key:
    return client.target.key, client.session.session, client.target.credentials


def _start(client: Client) -> None:
    key = _key_of(client)
    journal = _journals[key] = client.start(after=_journals.get(key))

    def forget(_: object) -> None:
        if _journals.get(key) is journal:
            del _journals[key]

    journal.add_done_callback(forget)


def _remove(client: Client) -> None:
    del _clients[_key_of(client)]


def _unite(client: Client) -> None:
    """Leave an account one client: its newest, once that is live. What clients of other accounts
    hold for it moves there."""
    if client.is_closed:
        return
    log = _key_of(client)[:2]
    clients = [c for key, c in _clients.items() if key[:2] == log]
    if (account := client.session.account) is not None:
        *olders, newest = [c for c in clients if c.session.account == account]
        if newest.session.phase is Phase.LIVE:
            for older in olders:
                newest.take_over(older, _journals.get(_key_of(older)))
    client = client.current
    for other in clients:
        if other.current is other and other.session.account != client.session.account:
            for one, another in ((client, other), (other, client)):
                if one.session.phase is Phase.LIVE and one.session.account is not None:
                    one.claim_from(another)


def _look(client: Client) -> None:
    """Look for journals that nobody owns, of any session, and send what waits in them."""
    look = asyncio.create_task(_take_up(client))
    _looks.add(look)
    look.add_done_callback(_looks.discard)


async def _take_up(client: Client) -> None:
    target = client.target
    account = client.session.account
    found = await run_on_disk(
        find_unowned, target.key, target.credentials, account, frozenset(_taken_up)
    )
    if client.is_closed:  # perhaps because the process ends
        return
    for path, session in found.items():
        if (target.key, session, target.credentials) not in _clients:  # it looks for its own
            sender = send_left(target, session, _do_nothing, NAME)
            _taken_up.update((path, sender.journal_path))


def _do_nothing() -> None:
    """Nothing remembers such a session."""


def _ignore(_changes: list[do.Change]) -> None:
    """Listens where no chat does."""


async def _close_all() -> None:
    closing = list(_clients.values())
    for client in closing:
        client.close()
    await asyncio.gather(*_journals.values())
    await asyncio.gather(*(client.closed() for client in closing))


def _forget() -> None:
    """In a forked child: nothing of the parent's is ours. Only our copies of sockets are closed."""
    for client in _clients.values():
        client.abandon()
    _abandoned.extend(_clients.values())
    _clients.clear()
    _journals.clear()
    _looks.clear()
    _taken_up.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
