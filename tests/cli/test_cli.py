"""The command line, as a person runs it: real processes, real servers."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.servers.processes import Tutor, free_port, wait_for_answer
from tests.support.servers.scripted import Peer, Scripted, answer, be_idle
from tests.support.terminal import OnTerminal
from tutor_widget import Refused, cli
from tutor_widget.cli import arguments, lab

WITHIN = 60.0
COMMAND = [sys.executable, "-c", "import sys; from tutor_widget.cli import main; sys.exit(main())"]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `tutor-widget` with arguments, in a home of its own."""
    started: list[subprocess.Popen[str]] = []
    environment = os.environ | {"JUPYTER_DATA_DIR": str(tmp_path / "data")}
    environment.pop("TUTOR_CHAT_URL", None)

    def start(*arguments: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=WITHIN)


def read_until(stream: IO[str] | None, words: str) -> str:
    """What comes up to and with these words."""
    assert stream is not None
    said = ""
    while words not in said:
        letter = stream.read(1)
        assert letter, f"{words!r} never came: {said}"
        said += letter
    return said


def type_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def test_a_conversation_in_a_terminal(
    start_tutor: Callable[..., Tutor], run: Callable[..., subprocess.Popen[str]]
) -> None:
    """A question is answered; an outage is shown, and messages typed in it are answered later."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    chat = run("chat", tutor.url)
    read_until(chat.stdout, "[Connected]")
    type_line(chat, "hello")
    read_until(chat.stdout, "Tutor: hello")
    tutor.kill()
    read_until(chat.stdout, "[Reconnecting…")
    type_line(chat, "still there?")
    tutor.start()
    read_until(chat.stdout, "Tutor: still there?")
    type_line(chat, "/quit")
    assert chat.wait(WITHIN) == 0


def test_the_terminal_goes_on_with_its_conversation(
    start_tutor: Callable[..., Tutor], run: Callable[..., subprocess.Popen[str]]
) -> None:
    """The next `chat` on the same server shows the events so far."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    first = run("chat", tutor.url)
    type_line(first, "remember this")
    read_until(first.stdout, "Tutor: remember this")
    type_line(first, "/quit")
    assert first.wait(WITHIN) == 0
    read_until(run("chat", tutor.url).stdout, "Tutor: remember this")


def test_new_in_a_terminal_leaves_no_word_behind(
    run: Callable[..., subprocess.Popen[str]],
) -> None:
    """A message queued in the old conversation is still sent."""
    taken: queue.Queue[str] = queue.Queue()
    open_up = threading.Event()

    def refuse(connection: Any, request: Any) -> Any:
        return None if open_up.is_set() else answer(503)(connection, request)

    async def take(peer: Peer) -> None:
        await peer.welcome()
        taken.put((await peer.take(1)).text)

    with Scripted(take, refuse=refuse) as server:
        chat = run("chat", server.url)
        type_line(chat, "do not lose me")
        read_until(chat.stdout, "1 waiting")
        type_line(chat, "/new")
        open_up.set()
        assert taken.get(timeout=WITHIN) == "do not lose me"


def test_the_terminal_forgets_an_erased_conversation(
    run: Callable[..., subprocess.Popen[str]],
) -> None:
    """The next `chat` begins a new one."""
    sessions: queue.Queue[str] = queue.Queue()

    async def erase(peer: Peer) -> None:
        sessions.put((await peer.welcome()).session)
        await peer.socket.close(4410)

    with Scripted(erase) as server:
        for _ in range(2):
            chat = run("chat", server.url)
            read_until(chat.stdout, "This conversation was deleted.")
            type_line(chat, "/quit")
            chat.wait(WITHIN)
        assert sessions.get(timeout=WITHIN) != sessions.get(timeout=WITHIN)


def test_check_finds_a_tutor(
    start_tutor: Callable[..., Tutor], run: Callable[..., subprocess.Popen[str]]
) -> None:
    """Each step is printed, and the exit status is 0."""
    said, _ = (checking := run("check", start_tutor("--tutor=echo").url)).communicate(
        timeout=WITHIN
    )
    assert checking.returncode == 0, said
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["ok", step] for step in ("name", "TCP", "token", "HTTP", "tutor", "access", "time")
    ]


def test_check_names_what_is_wrong(run: Callable[..., subprocess.Popen[str]]) -> None:
    """A failed step is printed with a sentence, and the exit status is 1."""

    async def shut_out(peer: Peer) -> None:
        await peer.hello()
        await peer.socket.close(4403)

    with (
        Scripted(be_idle, refuse=answer(401)) as guarded,
        Scripted(be_idle, refuse=answer(503)) as closed,
        Scripted(be_idle, subprotocol=None) as other,
        Scripted(shut_out) as strict,
    ):
        for url, step, words in (
            ("ws://127.0.0.1:1/", "TCP", "Nothing answers at port 1"),
            (closed.url, "HTTP", "not ready (HTTP status 503)"),
            (other.url, "tutor", "another kind of server answers"),
            (guarded.url, "access", "Please sign in again. Sign in again or pass a new token."),
            (strict.url, "access", "This is not your conversation."),
        ):
            said, _ = (checking := run("check", url)).communicate(timeout=WITHIN)
            assert checking.returncode == 1
            assert said.splitlines()[-1].startswith(f"FAILED  {step} ")
            assert words in said
        said, _ = (checking := run("check", "ftp://example.org/")).communicate(timeout=WITHIN)
        assert "must begin with ws://" in said
        assert checking.returncode == 1


def test_a_token_comes_from_a_file(
    run: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Programs take tokens from a file or the environment, never from their arguments."""
    token = tmp_path / "token"
    token.write_text("open-sesame\n")
    with Scripted(be_idle) as server:
        said, _ = run("check", server.url, "--token-file", str(token)).communicate(timeout=WITHIN)
        assert "One is sent." in said
        assert "open-sesame" not in said
        assert server.handshakes[0].headers["Authorization"] == "Bearer open-sesame"


def test_a_token_file_of_notepad_is_read_or_named(
    run: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """A byte order mark is no part of the token; another encoding is said, and nothing is sent."""
    token = tmp_path / "token"
    token.write_text("open-sesame\r\n", encoding="utf-8-sig")
    with Scripted(be_idle) as server:
        run("check", server.url, "--token-file", str(token)).communicate(timeout=WITHIN)
        assert server.handshakes[0].headers["Authorization"] == "Bearer open-sesame"
        token.write_text("open-sesame", encoding="utf-16")
        checking = run("check", server.url, "--token-file", str(token))
        said, _ = checking.communicate(timeout=WITHIN)
        assert said == (
            f"tutor-widget: {token} is not UTF-8: it seems to be UTF-16. Save it as UTF-8.\n"
        )
        assert checking.returncode == 1


def test_the_commands_are_listed(run: Callable[..., subprocess.Popen[str]]) -> None:
    """`--help` names all commands."""
    said, _ = run("--help").communicate(timeout=WITHIN)
    assert all(f"  {command} " in said for command in ("lab", "serve", "chat", "check", "lesson"))


def test_lab_without_jupyterlab_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the missing package and the command that installs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["lab"]) == 1
    assert 'pip install "tutor-widget[lab]"' in capsys.readouterr().err


def test_the_quickstart_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the checkout or the package into the folder, where one that is there stays."""
    original = lab.quickstart(Path(lab.__file__).parents[2] / "notebooks").read_text()
    assert lab.quickstart(tmp_path).read_text() == original
    package = tmp_path / "site-packages" / "tutor_widget"
    (package / "notebooks").mkdir(parents=True)
    (package / "notebooks" / "quickstart.ipynb").write_text("{}")
    monkeypatch.setattr(lab, "__file__", str(package / "cli" / "lab.py"))
    here = tmp_path / "here"
    here.mkdir()
    copy = lab.quickstart(here)
    assert copy.read_text() == "{}"
    copy.write_text("mine")
    assert lab.quickstart(here).read_text() == "mine"


def test_help_with_lab_does_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No notebook is copied and no JupyterLab asked."""
    monkeypatch.chdir(tmp_path)
    for option in ("-h", "--help"):
        done = subprocess.run([*COMMAND, "lab", option], capture_output=True, text=True, check=True)
        assert "--no-browser" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_lab_is_quiet_and_ends_at_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It prints no DeprecationWarning and asks for no confirmation; its page does not ask whether
    news are wanted, and looks for none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    options = ["--no-browser", "--ServerApp.allow_root=True", f"--port={free_port()}"]
    with OnTerminal([*COMMAND, "lab", *options, "--ServerApp.token=t"]) as terminal:
        terminal.until("Use Control-C to stop this server")
        # Where it listens: it takes another port if somebody has got this one meanwhile.
        address = re.search(r"http://127\.0\.0\.1:\d+/", terminal.shown)
        assert address, terminal.shown
        plugin = "@jupyterlab/apputils-extension:notification"
        url = f"{address[0]}lab/api/settings/{plugin}?token=t"
        wait_for_answer(url, terminal.process, tmp_path)  # it says so before it listens
        with urllib.request.urlopen(url, timeout=WITHIN) as answer:
            settings = json.load(answer)["schema"]["properties"]
        terminal.interrupt()
        assert terminal.end() == 0
    assert settings["fetchNews"]["default"] == "false"  # "none" asks
    assert settings["checkForUpdates"]["default"] is False
    assert "DeprecationWarning" not in terminal.shown
    assert "Shut down this Jupyter server (" not in terminal.shown


# --- sessions -------------------------------------------------------------------------------------

SECRET = "0123456789abcdef0123456789abcdef"


def named(argv: list[str]) -> str | None:
    """The session that these arguments name."""
    parser = arguments.parser("chat")
    arguments.add_session(parser)
    return arguments.session(parser.parse_args(argv))


def test_a_session_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its id may be a secret, and every user of the machine can read the command line."""
    monkeypatch.delenv("TUTOR_CHAT_SESSION", raising=False)
    file = tmp_path / "session"
    file.write_text(f"{SECRET}\r\n")
    assert named([]) is None
    assert named(["--session-file", str(file)]) == SECRET
    monkeypatch.setenv("TUTOR_CHAT_SESSION", "algebra-1")
    assert named([]) == "algebra-1"
    assert named(["--session-file", str(file)]) == SECRET
    assert named(["--session", "algebra-2"]) == "algebra-2"
    assert capsys.readouterr().err == ""


def test_a_secret_on_the_command_line_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    """It is used, and not repeated."""
    assert named(["--session", SECRET]) == SECRET
    said = capsys.readouterr().err
    assert "--session-file" in said
    assert "TUTOR_CHAT_SESSION" in said
    assert SECRET not in said


@pytest.mark.parametrize("value", ["two words", "x" * 65])
def test_what_can_be_no_session_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes from, and without its text."""
    monkeypatch.setenv("TUTOR_CHAT_SESSION", value)
    with pytest.raises(Refused) as raised:
        named([])
    assert value not in str(raised.value)


def test_a_file_s_name_drives_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is quoted in what is said of the file's faults."""
    path = tmp_path / "a\x1b]0;title\x07.toml"
    path.write_text("faulty")
    assert cli.main(["lesson", "--check", str(path)]) == 1
    said = capsys.readouterr().err
    assert "]0;title" in said
    assert [c for c in said if not c.isprintable() and c != "\n"] == []
