"""Which notebook this kernel belongs to, for the sessions that are remembered for it.

The kernel begins with what it can find out by itself (`client.storage.notebooks`), and waits for
no page. Each page that shows one of its chats then says which notebook it has open, and where.
`chosen` is the rule; the answer is the id that the page has to write into the notebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from tutor_widget.client.storage.disk import post_to_disk, run_on_disk
from tutor_widget.client.storage.folders import data_folder
from tutor_widget.client.storage.notebook_file import checked, locate
from tutor_widget.client.storage.notebooks import Notebooks, Record
from tutor_widget.client.storage.session_memory import SessionMemory

Follower = Callable[[bool], Awaitable[None]]
"""Called when the kernel turns out to belong to another notebook. The argument says that this one
is a copy, which begins its own conversations whatever was said."""


def chosen(
    kernel: str, page: str | None, *, has_said: bool, kernel_elsewhere: bool, page_elsewhere: bool
) -> str | None:
    """The id of the page's notebook, or None: it needs a new one.

    ``kernel`` is the id that the kernel goes by, ``page`` the one that the page's notebook holds.
    ``…_elsewhere``: another file is the notebook of that id. So a copy keeps neither. ``has_said``:
    something was said in this kernel: then the page takes the kernel's id.
    """
    own = None if page_elsewhere else page
    if kernel_elsewhere:
        return own
    return kernel if has_said or own is None else own


class Identity:
    """The notebook of this kernel. All methods but `memory` run on the loop.

    ``record`` is what the kernel found out, ``kernel`` the kernel's name for `Notebooks.find`.
    ``is_new``: the id was made here, and no page has taken it yet.
    """

    def __init__(self, record: Record, kernel: str | None, *, is_new: bool) -> None:
        self.has_said = False
        """Something was said in a session of this notebook since the kernel started."""
        self._record = record
        self._kernel = kernel
        self._is_new = is_new
        self._followers: list[Follower] = []
        self._one_page = asyncio.Lock()

    @property
    def id(self) -> str:
        """The notebook's id."""
        return self._record.id

    def memory(self, server: str) -> SessionMemory:
        """The sessions that are remembered for the notebook."""
        return SessionMemory(server, f"notebook {self.id}", earlier=self._record.began_as)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call it when the notebook turns out to be another; returns a function that ends it."""
        self._followers.append(follower)

        def undo() -> None:
            with contextlib.suppress(ValueError):
                self._followers.remove(follower)

        return undo

    async def meet(self, id: object, server_path: object) -> str:
        """A page has a notebook open that holds this id, at this path of its server.

        Both were written by anybody: what is no id counts as none. Returns the notebook's id.
        """
        path = server_path if isinstance(server_path, str) else ""
        async with self._one_page:
            return await self._meet(checked(id), path)

    async def _meet(self, id: str | None, server_path: str) -> str:
        known = self._record
        path, page_elsewhere, kernel_elsewhere = await run_on_disk(_look, known, id, server_path)
        is_copy = kernel_elsewhere and not self._is_new
        own = chosen(
            known.id,
            id,
            has_said=self.has_said,
            kernel_elsewhere=is_copy,
            page_elsewhere=page_elsewhere,
        )
        if is_copy and self.has_said and own not in (None, known.id):
            return own  # a second notebook on this kernel: each keeps its id
        self._record = await run_on_disk(_seen, own or _new_id(), path)
        self._is_new = False
        post_to_disk(Notebooks().remember, self._record, self._kernel)
        if self._record.id != known.id:
            self.has_said = False
            # All at once: one that waits for its server holds up no other.
            followed = [follower(is_copy) for follower in self._followers]
            for outcome in await asyncio.gather(*followed, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        return self._record.id


_identities: Final[dict[tuple[object, ...], Identity]] = {}
"""This process's, by all that it depends on: a forked child has its own."""


def identity_of(path: str, kernel: str | None) -> Identity:
    """The notebook at this path, which the front end gave to the kernel. On the disk's thread."""
    key = os.getpid(), path, kernel, data_folder()
    if key not in _identities:
        notebooks = Notebooks()
        found = notebooks.find(path, kernel)
        record = found or notebooks.seen(_new_id(), path)
        notebooks.remember(record, kernel)
        _identities[key] = Identity(record, kernel, is_new=found is None)
    return _identities[key]


def _look(known: Record, id: str | None, server_path: str) -> tuple[str, bool, bool]:
    """The page's file, and whether other files are the notebooks of the page's and kernel's id."""
    notebooks = Notebooks()
    path = locate(server_path, known.path, id)
    page_elsewhere = id is not None and notebooks.is_elsewhere(id, path)
    return path, page_elsewhere, notebooks.is_elsewhere(known.id, path)


def _seen(id: str, path: str) -> Record:
    return Notebooks().seen(id, path, is_marked=True)


def _new_id() -> str:
    return secrets.token_hex(16)
