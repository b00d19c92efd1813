"""What libraries print goes through the log of a server, wordless and not too often."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.servers.peers import peer, until
from tests.support.servers.processes import Tutor
from tests.support.servers.raw_frames import raw
from tests.support.terminal import OnTerminal

pytestmark = pytest.mark.timeout(180)

NOISY = """
import asyncio, gc, logging, sys, threading, warnings

class Noisy:
    async def reply(self, turn):
        loop = asyncio.get_running_loop()
        how, _, words = turn.message.partition(" ")
        if how == "raise":
            raise ValueError(turn.message) from KeyError(words)
        if how == "kind":
            raise type(words, (Exception,), {})(words)
        if how == "exit":
            sys.exit(words)
        if how == "exit-later":
            loop.call_soon(sys.exit, words)
            await asyncio.Event().wait()
        for _ in range(5):
            asyncio.create_task(self.fail(turn.message))
            loop.call_soon(self.raises, turn.message)
        await asyncio.sleep(0.05)
        gc.collect()
        logging.basicConfig()
        logging.getLogger("library").warning("they said %s", turn.message)
        logging.getLogger("library").info("they said %s", turn.message)
        alone = logging.getLogger("alone")
        alone.propagate = False
        alone.error("they said %s", turn.message)
        try:
            self.raises(turn.message)
        except KeyError:
            logging.exception(turn.message)
        warnings.warn(turn.message, ResourceWarning)
        thread = threading.Thread(target=self.raises, args=(turn.message,))
        thread.start()
        thread.join()
        Falls(turn.message)
        yield "done"

    async def fail(self, words):
        raise ValueError(words)

    def raises(self, words):
        raise KeyError(words)

class Falls:
    def __init__(self, words):
        self.words = words

    def __del__(self):
        raise OSError(self.words)
"""
TOKEN = "the-token-of-all-learners"
WORDS = f"what-a-learner-wrote {TOKEN}"


def start(folder: Path) -> Tutor:
    """A server whose tutor tells in every way what it was told, also the token of its learners."""
    (folder / "noisy.py").write_text("import warnings\nwarnings.simplefilter('always')\n" + NOISY)
    environment = {"TUTOR_SERVER_TOKEN": TOKEN}
    return Tutor(folder / "db", "--tutor=noisy:Noisy", environment=environment)


def quoted(log: str) -> list[str]:
    return [word for word in WORDS.split() if word in log]


async def test_nothing_that_a_library_prints_quotes_a_learner(tmp_path: Path) -> None:
    """Each line of stderr is JSON, with type and place; what comes five times is one line."""
    with start(tmp_path) as server:
        async with peer(server.url, TOKEN) as client:
            await client.hello()
            await client.say("send", id="m1", text=WORDS)
            assert (await client.answer("m1"))["text"] == "done"
        assert server.stop() == 0
    text = server.log.read_text()
    assert quoted(text) == []
    found = [line for line in map(json.loads, text.splitlines()) if line["event"] == "unexpected"]
    assert sorted((line["what"], line.get("error")) for line in found) == [
        ("Exception in callback Noisy.raises", "KeyError"),
        ("ResourceWarning", None),
        ("Task exception was never retrieved", "ValueError"),
        ("alone", None),
        ("exception ignored", "OSError"),
        ("exception in a thread", "KeyError"),
        ("library", None),
        ("root", "KeyError"),
    ]
    assert all(line["at"].startswith("noisy.py:") for line in found)


async def test_nothing_that_a_tutor_raises_quotes_a_learner(tmp_path: Path) -> None:
    """Whatever it raises fails its answer; the server, and the log, have its type and place.

    A tutor that exits in a task of its own ends the server, which writes no last words either.
    """
    with start(tmp_path) as server:
        async with peer(server.url, TOKEN) as client:
            await client.hello()
            for how in ("raise", "kind", "exit"):
                await client.say("send", id=how, text=f"{how} {WORDS}")
                assert (await client.answer(how))["status"] == "failed"
            await client.say("send", id="later", text=f"exit-later {WORDS}")
            assert await server.ended() == 1
    text = server.log.read_text()
    assert quoted(text) == []
    found = [line for line in map(json.loads, text.splitlines()) if line["level"] == "error"]
    assert [(line["event"], line["error"]) for line in found] == [
        ("tutor failed", "ValueError"),
        ("tutor failed", "Exception"),
        ("tutor failed", "SystemExit"),
        ("tutor exited", "SystemExit"),
    ]
    assert all(line["at"].startswith("noisy.py:") for line in found[:3])


def test_a_person_at_a_terminal_gets_plain_lines(tmp_path: Path) -> None:
    """A program gets JSON, at a terminal too if it asks. The address is on stdout as ever."""
    serve = [sys.executable, "-m", "tutor_widget.server", "--tutor=echo", "--port=0"]
    serve.append(f"--db-url={tmp_path / 'db'}")
    with OnTerminal(serve) as terminal:
        terminal.until("listening on ws://127.0.0.1:")
        terminal.interrupt()
        assert terminal.end() == 0
        assert "  warning: no token required\n" in terminal.shown
        assert '{"time"' not in terminal.shown
    with OnTerminal([*serve, "--log-format=json"]) as terminal:
        terminal.until("listening on ws://127.0.0.1:")
        assert '"level": "warning", "event": "no token required"}' in terminal.shown


async def test_a_server_without_free_files_says_so_once(tmp_path: Path) -> None:
    """asyncio reports it for each try. New clients are served when there are files again."""
    with Tutor(tmp_path / "db", "--tutor=echo") as server:
        process = psutil.Process(server.pid)
        most = process.num_fds() + 3
        process.rlimit(psutil.RLIMIT_NOFILE, (most, most))
        raws = [raw(server.port) for _ in range(8)]
        for one in raws:
            await one.__aenter__()

        def said() -> list[dict[str, Any]]:
            return [line for line in server.log_records() if line["event"] == "unexpected"]

        await until(lambda: bool(said()))
        for one in raws:
            await one.__aexit__(None, None, None)
        async with peer(server.url, open_timeout=60) as client:
            await client.hello()
        (line,) = said()
        assert line["what"] == "socket.accept"
        assert line["error"] == "OSError"


def test_a_server_may_open_as_many_files_as_the_system_allows(tmp_path: Path) -> None:
    """Few systems give a process more than 1,024 unless it asks for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = psutil.Process().num_fds() + 256  # this process has files open, too
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))
    try:
        with Tutor(tmp_path / "db", "--tutor=echo") as server:
            assert psutil.Process(server.pid).rlimit(psutil.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
