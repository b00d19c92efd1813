"""A class list that is read anew by a running server: real processes, real signals."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.servers.peers import peer, until
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(180)


def lines(server: Tutor, event: str) -> list[dict[str, Any]]:
    return [line for line in server.log_records() if line["event"] == event]


async def test_a_class_list_is_read_anew_on_sighup(tmp_path: Path) -> None:
    """Who is new may connect; who is gone is closed with 4401 and refused; others stay."""
    tokens = tmp_path / "class"
    tokens.write_text("ada t1\nalan t2\n")
    with Tutor(tmp_path / "db", "--tutor=echo", "--token-file=class") as server:
        async with peer(server.url, "t1") as ada, peer(server.url, "t2") as alan:
            await ada.hello("algebra")
            await alan.hello("algebra")
            tokens.write_text("ada t1\ngrace t3\n")
            server.send_signal(signal.SIGHUP)
            assert (await alan.ending())[0] == 4401
            await ada.say("send", id="m1", text="still here")
            await ada.answer("m1")
        async with peer(server.url, "t3") as grace:
            await grace.hello("algebra")
        with pytest.raises(InvalidStatus, match="401"):
            async with peer(server.url, "t2"):
                pass
        (line,) = lines(server, "token file read")
        assert (line["tokens"], line["gone"]) == (2, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ada t1\nalan t1\n", "lines 1 and 2: two accounts have the same token"),
        ("ada\n", "cannot change between one shared token and a token for each account"),
        ("", "holds no token"),
        (None, "cannot be read"),
    ],
)
async def test_a_faulty_class_list_changes_nothing(
    tmp_path: Path, text: str | None, reason: str
) -> None:
    """The log says what is wrong with it, without a token, and the old list stays in force."""
    tokens = tmp_path / "class"
    tokens.write_text("ada t1\nalan t2\n")
    with Tutor(tmp_path / "db", "--tutor=echo", "--token-file=class") as server:
        async with peer(server.url, "t2") as alan:
            await alan.hello("algebra")
            if text is None:
                tokens.unlink()
            else:
                tokens.write_text(text)
            server.send_signal(signal.SIGHUP)
            await until(lambda: bool(lines(server, "token file refused")))
            (line,) = lines(server, "token file refused")
            assert line["level"] == "error"
            assert reason in line["reason"]
            assert "t1" not in line["reason"]
            await alan.say("send", id="m1", text="still here")
            await alan.answer("m1")
        async with peer(server.url, "t1") as ada:
            await ada.hello("algebra")
        tokens.write_text("ada t9\n")
        server.send_signal(signal.SIGHUP)
        await until(lambda: bool(lines(server, "token file read")))
        async with peer(server.url, "t9") as ada:
            await ada.hello("algebra", dial=2)


async def test_a_server_without_a_class_list_goes_on_after_sighup(tmp_path: Path) -> None:
    """By default the signal ends a process at once, with no drain."""
    with Tutor(tmp_path / "db", "--tutor=echo") as server:
        async with peer(server.url) as client:
            await client.hello()
            server.send_signal(signal.SIGHUP)
            await until(lambda: bool(lines(server, "nothing to read anew")))
            await client.say("send", id="m1", text="still here")
            await client.answer("m1")
        assert await asyncio.to_thread(server.stop) == 0
