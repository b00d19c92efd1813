"""Clients of one release with servers of the other, and a database that both serve."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.kernels import environment
from tests.support.release import CHECKOUT, Notebook, Release, is_in_order
from tests.support.servers.processes import Tutor

SESSION = "between-two-releases-of-it"
SLOW, AT_ONCE = "--pace=200", "--pace=0"
"""Characters a second: an answer takes a second or so."""


class StartServer(Protocol):
    def __call__(self, release: Release, *arguments: str, port: int | None = None) -> Tutor: ...


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start servers of a release; all of them on one database."""
    with ExitStack() as stack:

        def start(release: Release, *arguments: str, port: int | None = None) -> Tutor:
            database = tmp_path / "tutor.sqlite"
            tutor = Tutor(  # with options that both releases have
                database,
                "--rate=0",
                *arguments,
                port=port,
                environment=release.environment,
                relaxed=False,
            )
            stack.callback(tutor.kill)
            tutor.start()
            return tutor

        yield start


@pytest.fixture(params=["old client, new server", "new client, old server"])
def pair(request: pytest.FixtureRequest, release_0_1: Release) -> tuple[Release, Release]:
    """Whose the client is, and whose the server."""
    old_client = request.param.startswith("old")
    return (release_0_1, CHECKOUT) if old_client else (CHECKOUT, release_0_1)


def test_a_conversation_through_an_outage(
    pair: tuple[Release, Release], start_server: StartServer, tmp_path: Path
) -> None:
    """A token, a lesson, a stopped answer, a killed server, messages that wait, one withdrawn: each
    arrives once and in order, and a client of the other release sees the same."""
    of_client, of_server = pair
    (tmp_path / "token").write_text("open-sesame")
    lesson = ("--tutor=lesson", f"--token-file={tmp_path / 'token'}")
    tutor = start_server(of_server, *lesson, SLOW)
    given = {"session": SESSION, "token": "open-sesame"}
    with Notebook(tmp_path, of_client, tutor.url, **given) as notebook:
        notebook.say("3")
        notebook.wait("any(item['status'] == 'streaming' for item in chat.history)")
        notebook.run("chat.stop()")
        (*_, stopped) = notebook.settle(1)
        assert stopped["status"] == "stopped"

        tutor.freeze()
        transmitted = notebook.say("withdrawn")
        notebook.wait("queued('sent')")
        notebook.run(f"chat.discard({transmitted!r})")
        notebook.wait("queued('withdrawing')")
        tutor.kill()
        notebook.wait("chat.status == 'reconnecting'")
        notebook.say("hint")
        notebook.say("skip")
        notebook.say("d")
        start_server(of_server, *lesson, AT_ONCE, port=tutor.port)
        log = notebook.settle(4)
        assert is_in_order(log, ["3", "hint", "skip", "d"]), log

        with Notebook(tmp_path, of_server, tutor.url, **given) as other:
            assert other.settle(4) == log
            assert other.state == notebook.state


def test_a_server_is_updated_under_its_learners(
    release_0_1: Release, start_server: StartServer, tmp_path: Path
) -> None:
    """0.1 is killed in the middle of an answer, with messages behind it: this code migrates its
    database, tells the log as it was, keeps step and score, and answers each message once. Clients
    of both releases stay. 0.1 then refuses the database with its own sentence, and this code
    goes on."""
    tutor = start_server(release_0_1, "--tutor=lesson", SLOW)
    with (
        Notebook(tmp_path / "one", release_0_1, tutor.url, session=SESSION) as old,
        Notebook(tmp_path / "other", CHECKOUT, tutor.url, session=SESSION) as new,
    ):
        old.ask("3")
        log = new.settle(1)
        old.wait("chat.session_state['step'] == 2")
        assert (new.state["step"], new.state["score"]) == (2, 1)
        old.say("20")
        old.wait("any(item['status'] == 'streaming' for item in chat.history)")
        old.say("d")
        old.wait("not chat.queue")
        tutor.kill()

        tutor = start_server(CHECKOUT, "--tutor=lesson", AT_ONCE, port=tutor.port)
        for notebook in (old, new):
            notebook.run("chat.reconnect()")
        after = old.settle(3)
        assert new.settle(3) == after
        assert after[: len(log)] == log
        assert is_in_order(after, ["3", "20", "d"]), after
        assert (old.state["step"], old.state["score"]) == (4, 3)
        tutor.kill()

        with pytest.raises(RuntimeError, match="written by a newer version of tutor_widget"):
            start_server(release_0_1, "--tutor=lesson", AT_ONCE, port=tutor.port)
        start_server(CHECKOUT, "--tutor=lesson", AT_ONCE, port=tutor.port)
        old.run("chat.reconnect()")
        new.ask("hint")
        assert old.settle(4) == new.settle(4)
        assert old.log()[: len(after)] == after


@pytest.mark.slow
def test_a_wrong_token_is_refused(
    pair: tuple[Release, Release], start_server: StartServer, tmp_path: Path
) -> None:
    """The chat fails, and comes back with the right one."""
    of_client, of_server = pair
    (tmp_path / "token").write_text("open-sesame")
    tutor = start_server(of_server, "--tutor=echo", f"--token-file={tmp_path / 'token'}")
    with Notebook(tmp_path, of_client, tutor.url, token="close-sesame") as notebook:
        notebook.wait("chat.status == 'failed'")
        notebook.say("hello")
        notebook.run(f"chat = TutorChat({tutor.url!r}, token='open-sesame')")
        assert is_in_order(notebook.settle(1), ["hello"])


def test_the_terminal_client_talks_to_the_other_release(
    pair: tuple[Release, Release], start_server: StartServer, tmp_path: Path
) -> None:
    """`tutor-widget chat` of one release with a server of the other: the greeting, an answer."""
    of_client, of_server = pair
    tutor = start_server(of_server, "--tutor=lesson", AT_ONCE)
    run = "import sys; from tutor_widget.cli import main; sys.exit(main(sys.argv[1:]))"
    terminal = subprocess.Popen(
        [sys.executable, "-c", run, "chat", tutor.url, f"--session={SESSION}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path) | of_client.environment,
    )
    with terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        terminal.stdin.write("3\n")
        terminal.stdin.flush()
        shown = ""
        while "**2 of 10**" not in shown:
            line = terminal.stdout.readline()
            assert line, shown
            shown += line
        terminal.stdin.write("/quit\n")
        terminal.stdin.close()
        assert terminal.wait(30) == 0
    assert shown.count("You: 3") == 1
    assert "Tutor: Hello!" in shown
    assert [e.text for e in tutor.events(SESSION) if e.role == "learner"] == ["3"]
