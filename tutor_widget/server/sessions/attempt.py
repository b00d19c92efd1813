"""One run of the tutor for a reply: what it writes, and how it ends.

A run may be ended early: by the learner, by a server that drains, or because its lease has expired.
The first ending counts, and nothing that the tutor does afterwards changes it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Literal

from tutor_widget.server.logs import log, where
from tutor_widget.server.tutors import CannotAnswer, Turn, Tutor
from tutor_widget.wire import MAX_REPLY, Answering, Delta, without_surrogates

__all__ = ["GRACE", "Attempt", "Draft", "Ending"]

GRACE: Final = 2.0
"""Seconds that a cancelled tutor may take to end. After them the worker goes on without it."""

Ending = Literal["complete", "stopped", "failed", "handed over", "lost"]
"""How an attempt ends. ``lost``: its lease has expired, or the session was erased."""


class Draft:
    """The text so far of the answer to the message ``re``, under an id of its own."""

    def __init__(self, re: str) -> None:
        self.id = f"_{secrets.token_urlsafe(12)}"
        self.re = re
        self._pieces: list[str] = []
        self._length = 0
        """Code points of the text so far."""
        self._shown = 0
        """Of these pieces, the number that `unshown` has returned."""
        self._shown_length = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def is_full(self) -> bool:
        """Whether the text has the largest length that the protocol allows."""
        return self._length >= MAX_REPLY

    def add(self, piece: str) -> None:
        """Append a piece, cut at the largest length."""
        piece = without_surrogates(piece)[: MAX_REPLY - self._length]
        if piece:
            self._pieces.append(piece)
            self._length += len(piece)

    def unshown(self) -> Delta | None:
        """What was added since the last call as one delta. None if nothing was."""
        text = "".join(self._pieces[self._shown :])
        if not text:
            return None
        delta = Delta(id=self.id, re=self.re, from_=self._shown_length, text=text)
        self._shown, self._shown_length = len(self._pieces), self._length
        return delta


class Attempt:
    """Runs the tutor once. ``show`` gets what learners see; ``tag`` names the session in logs."""

    def __init__(
        self, draft: Draft, turn: Turn, tag: str, show: Callable[[Answering | Delta], None]
    ) -> None:
        self.draft = draft
        self.turn = turn
        self.ending: Ending = "complete"
        self.sentence = ""
        """What a tutor that cannot answer says instead."""
        self.began = asyncio.get_running_loop().time()
        """When it began, by the loop's clock."""
        self.first: float | None = None
        """When the tutor had its first piece of text."""
        self._tag = tag
        self._show = show
        self._task: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the tutor has ended, the attempt was cut, or a renewal has failed."""

    @property
    def is_cut(self) -> bool:
        return self.ending != "complete"

    def cut(self, ending: Ending) -> None:
        """End it now with this ending, unless it has another one already."""
        if not self.is_cut:
            self.ending = ending
            self._end()
            if self._task is not None:
                self._task.cancel()

    async def run(self, tutor: Tutor, renew: Callable[[], Awaitable[bool]], every: float) -> None:
        """Run the tutor until it or the attempt ends.

        ``renew`` is called ``every`` s meanwhile. It renews the lease, or returns False if that has
        expired.
        """
        loop = asyncio.get_running_loop()
        self._task = task = loop.create_task(self._run_tutor(tutor))
        # Most replies end before their first renewal, and a timer costs less than a task.
        first = loop.call_later(every, self._start_renewing, renew, every)
        try:
            # A renewal may wait as long as the store does. The attempt ends meanwhile all the same.
            await self._over
            if self._renewing is not None and self._renewing.done():
                self._renewing.result()
            if not task.done():
                await asyncio.wait({task}, timeout=GRACE)
        finally:
            task.cancel()  # it may still run: after its grace, or if the lease was not renewed
            first.cancel()
            if self._renewing is not None:
                self._renewing.cancel()

    def _end(self, _: asyncio.Task[None] | None = None) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _start_renewing(self, renew: Callable[[], Awaitable[bool]], every: float) -> None:
        self._renewing = asyncio.get_running_loop().create_task(self._keep_lease(renew, every))
        self._renewing.add_done_callback(self._end)

    async def _keep_lease(self, renew: Callable[[], Awaitable[bool]], every: float) -> None:
        while await renew():  # noqa: ASYNC110  # no event
            await asyncio.sleep(every)
        self.cut("lost")

    async def _run_tutor(self, tutor: Tutor) -> None:
        self._show(Answering(re=self.draft.re))  # goes out with the first piece, if that is ready
        try:
            await self._take_pieces(tutor.reply(self.turn))
        except asyncio.CancelledError:
            # If the attempt was not cut, the tutor cancelled itself by mistake.
            self._fail()
        except CannotAnswer as refusal:
            self._fail(str(refusal))
            log("tutor cannot answer", session=self._tag)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # the tutor is foreign code
            self._fail()
            log("tutor failed", level="error", session=self._tag, **where(error))
        finally:
            self._end()

    async def _take_pieces(self, pieces: AsyncIterator[str]) -> None:
        try:
            async for piece in pieces:
                if self.is_cut:
                    return
                self.draft.add(piece)
                if self.first is None and piece:
                    self.first = asyncio.get_running_loop().time()
                # What needs approval is not shown: it could not be taken back.
                if not self.turn.hold and (delta := self.draft.unshown()) is not None:
                    self._show(delta)
                if self.draft.is_full:
                    return
                # A tutor that never awaits must not block the event loop.
                await asyncio.sleep(0)
        finally:
            if (close := getattr(pieces, "aclose", None)) is not None:
                await close()

    def _fail(self, sentence: str = "") -> None:
        if not self.is_cut:
            self.ending, self.sentence = "failed", sentence
