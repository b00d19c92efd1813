"""The tutor's first message in a new session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import Script, peer, serving
from tutor_widget.server.sessions import greeting
from tutor_widget.server.sessions.outcome import MAX_STATE

pytestmark = pytest.mark.timeout(150)


class Polite(Script):
    async def greeting(self, state: dict[str, Any]) -> str:
        state["met"] = True
        return "Welcome!"


class Rude(Polite):
    async def greeting(self, state: dict[str, Any]) -> str:
        raise RuntimeError("no")


async def test_the_greeting_is_said_once(tmp_path: Path) -> None:
    """It is the first event of a new session, has the tutor's state, and is not repeated."""
    for _ in range(2):
        async with serving(tmp_path / "db", Polite()) as server, peer(server.url) as client:
            welcome = await client.hello()
            assert (welcome["seq"], welcome["state"]) == (1, {"met": True})
            greeting = await client.read()
            assert (greeting["text"], greeting["role"], "re" in greeting) == (
                "Welcome!",
                "tutor",
                False,
            )


async def test_a_new_session_is_greeted_in_the_learners_language(tmp_path: Path) -> None:
    """The hello names it. A tutor whose greeting takes no language is asked without."""

    class Bilingual(Script):
        async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
            return f"<{lang}>"

    async with serving(tmp_path / "db", Bilingual()) as server:
        for session, keys in (("g" * 22, {"lang": "de-AT"}), ("h" * 22, {})):
            async with peer(server.url) as client:
                await client.hello(session=session, **keys)
                assert (await client.read())["text"] == f"<{keys.get('lang')}>"


async def test_a_greeting_that_fails_keeps_nobody_out(tmp_path: Path) -> None:
    """The session opens without a greeting."""
    async with serving(tmp_path / "db", Rude()) as server, peer(server.url) as client:
        assert (await client.hello())["seq"] == 0


async def test_a_greeting_whose_state_is_too_large_keeps_nobody_out(tmp_path: Path) -> None:
    """256 KiB are sent with each welcome; one byte more, and the session opens without it."""
    room = MAX_STATE - len('{"x":""}')

    class Large(Script):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.size = size

        async def greeting(self, state: dict[str, Any]) -> str:
            state["x"] = "x" * self.size
            return "Welcome!"

    for size, seq in ((room, 1), (room + 1, 0)):
        path = tmp_path / str(size)
        async with serving(path, Large(size)) as server, peer(server.url) as client:
            welcome = await client.hello()
            assert (welcome["seq"], bool(welcome["state"])) == (seq, bool(seq))


async def test_a_greeting_that_takes_too_long_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session opens without it, and so it opens when the greeting is empty."""
    monkeypatch.setattr(greeting, "_GREETING_TIME", 0.01)

    class Slow(Script):
        async def greeting(self, state: dict[str, Any]) -> str:
            await asyncio.Event().wait()
            return "too late"

    class Silent(Script):
        async def greeting(self, state: dict[str, Any]) -> str:
            return ""

    for number, tutor in enumerate((Slow(), Silent())):
        async with serving(tmp_path / f"{number}", tutor) as server, peer(server.url) as client:
            assert (await client.hello())["seq"] == 0
