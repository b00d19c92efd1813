"""A tutor with accounts, in the test's own process, and what a chat shows of one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support.chats import WITHIN, wait_for
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import TutorChat
from tutor_widget.session.queue.outgoing import OTHER_SIGN_IN
from tutor_widget.wire import Event, Hello, Limits, Older, Page, Send, Welcome, Withdraw
from tutor_widget.wire import Refused as RefusedFrame

SESSION = "algebra-1-algebra-1-algebra-1"


class Accounts:
    """A tutor with a log for each account, which answers each message with its text.

    ``account_of`` says whose a token is, ``says_account`` whether a welcome does. While
    ``is_away`` handshakes get 503; while ``holds`` nothing is committed.
    """

    def __init__(self, **account_of: str) -> None:
        self.account_of = account_of
        self.says_account = True
        self.is_away = False
        self.holds = False
        self.logs: dict[str, list[Event]] = defaultdict(list)
        self.sent: dict[str, list[str]] = defaultdict(list)
        """Texts that came under an account, each time that they came."""
        self.connected: dict[str, list[Peer]] = defaultdict(list)
        self.server = Scripted(self._serve, self._refuse)
        self._waiting: list[tuple[str, Send]] = []
        self._committing = asyncio.Lock()
        """Held while events go out, so that each connection gets them in the log's order."""

    def __enter__(self) -> Accounts:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def url(self) -> str:
        return self.server.url

    def texts(self, account: str) -> list[str]:
        """What the learner of the account said, as its log has it."""
        return [event.text for event in self.logs[account] if event.role == "learner"]

    def call(self, coroutine: Any) -> None:
        """Have the server do something."""
        asyncio.run_coroutine_threadsafe(coroutine, self.server.loop).result(WITHIN)

    def drop_all(self) -> None:
        """Every connection breaks."""

        async def drop() -> None:
            for peers in self.connected.values():
                for peer in peers:
                    peer.socket.transport.abort()

        self.call(drop())

    def go_on(self) -> None:
        """Commit what was held back."""

        async def commit() -> None:
            async with self._committing:  # what comes meanwhile goes behind what was held back
                self.holds = False
                waiting, self._waiting = self._waiting, []
                for account, said in waiting:
                    await self._write(account, said)

        self.call(commit())

    def _refuse(self, connection: ServerConnection, _request: Request) -> Response | None:
        return connection.respond(HTTPStatus(503), "away\n") if self.is_away else None

    async def _serve(self, peer: Peer) -> None:
        assert peer.socket.request is not None
        token = peer.socket.request.headers["Authorization"].removeprefix("Bearer ")
        account = self.account_of[token]
        hello = await peer.hello()
        async with self._committing:  # no event goes out between the replay and the first live one
            await self._welcome(peer, hello, account)
        try:
            while True:
                await self._take(peer, account)
        except ConnectionClosed:
            return
        finally:
            self.connected[account].remove(peer)

    async def _welcome(self, peer: Peer, hello: Hello, account: str) -> None:
        log = self.logs[account]
        good = hello.epoch == account
        first = (hello.after or 0) + 1 if good else max(1, len(log) - 19)
        welcome = Welcome(
            hello.session, account, len(log), not good, first, {}, 0, None,
            Limits(32768, 64), 0.0, "accounts/1", account if self.says_account else None,
        )  # fmt: skip
        await peer.send(welcome)
        for event in log[first - 1 :]:
            await peer.send(event)
        self.connected[account].append(peer)

    async def _take(self, peer: Peer, account: str) -> None:
        match await peer.receive():
            case Send() as said:
                self.sent[account].append(said.text)
                if self.holds:
                    self._waiting.append((account, said))
                else:
                    await self._commit(account, said)
            case Withdraw(id):
                await peer.send(RefusedFrame(id, "withdrawn", ""))
            case Older(before, limit):
                page = self.logs[account][max(0, before - 1 - limit) : before - 1]
                await peer.send(Page(before, page, more=before - 1 > limit))
            case _:
                pass

    async def _commit(self, account: str, said: Send) -> None:
        async with self._committing:
            await self._write(account, said)

    async def _write(self, account: str, said: Send) -> None:
        log = self.logs[account]
        known = [event for event in log if said.id in (event.id, event.re)]
        if not known:
            at = len(log)
            learner = Event(at + 1, said.id, "learner", said.text, 0, "complete")
            known = [learner, Event(at + 2, f"_{at}", "tutor", said.text, 0, "complete", said.id)]
            log += known
        for peer in list(self.connected[account]):
            with contextlib.suppress(ConnectionClosed):
                for event in known:
                    await peer.send(event)


def said(chat: TutorChat) -> list[str]:
    """What the learner said, as the chat shows it."""
    return [event["text"] for event in chat.history if event["role"] == "learner"]


def not_sent(chat: TutorChat) -> list[str]:
    """The texts that are shown as written under another sign-in."""
    return [
        item["text"]
        for item in chat.queue
        if (item["status"], item.get("code")) == ("failed", OTHER_SIGN_IN)
    ]


def wait_for_said(chat: TutorChat, *texts: str) -> None:
    """Until the chat shows exactly these."""
    wait_for(chat, "history", lambda _: said(chat) == list(texts))
