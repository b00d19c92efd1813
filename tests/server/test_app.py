"""The server as a program and inside a kernel: options, configuration, embedding."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError
from websockets.exceptions import InvalidStatus

from tests.support.children import run_python
from tests.support.paths import ROOT
from tests.support.servers.peers import PATIENCE, SESSION, Peer, peer
from tests.support.servers.processes import Tutor
from tutor_widget.embedded import EmbeddedServer, start_embedded
from tutor_widget.server import BadSetting, Settings, Turn
from tutor_widget.server.app import TutorServer
from tutor_widget.server.options import ServerOptions
from tutor_widget.server.store.sqlite.filesystem import default_database
from tutor_widget.server.tutors.echo import EchoTutor
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.model import OpenAITutor

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with Jupyter's folders inside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def app(*argv: str) -> TutorServer:
    made = TutorServer()
    made.initialize(list(argv))
    return made


def test_the_command_line_goes_before_the_file(here: Path) -> None:
    """The file goes before the defaults."""
    (here / "tutor_widget_config.py").write_text(
        "c.TutorServer.port = 1234\nc.TutorServer.pace = 5\nc.TutorServer.tutor = 'echo'\n"
    )
    made = app("--port", "4321", "--TutorServer.rate=7", "--base-url", "tutor")
    assert (made.port, made.pace, made.rate, made.base_url) == (4321, 5, 7, "/tutor/")
    assert isinstance(made.make_tutor(), EchoTutor)


def test_each_option_that_is_a_setting_is_set(here: Path) -> None:
    """None of them is forgotten on its way to the server, whose settings have the same names."""
    others = {
        "base_url": "tutor",
        "origins": ["https://hub.example.edu"],
        "trusted_proxies": ["10.0.0.0/8"],
        "readable_by_teachers": "Your teachers can read this.",
    }
    made, defaults = TutorServer(), Settings()
    shared = {field.name for field in fields(Settings)} & set(ServerOptions.class_trait_names())
    assert {"rate", "spread", "erased_days", "single_user", "stored"} <= shared
    for name in shared:
        default = getattr(made, name)
        setattr(made, name, others.get(name, not default if default is False else 7))
    settings = made.settings(0)
    assert [name for name in shared if getattr(settings, name) == getattr(defaults, name)] == []


def test_the_default_is_the_lesson_on_loopback(here: Path) -> None:
    """No option is required."""
    made = app()
    assert (made.host, made.base_url) == ("127.0.0.1", "/")
    assert isinstance(made.make_tutor(), LessonTutor)
    folder = here / "data" / "tutor_widget"
    assert made.database() == folder / "server.sqlite"
    # A server with another tutor must not answer messages of this user's notebooks.
    assert default_database() == folder / "tutor.sqlite"


def test_the_environment_may_name_the_database(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option goes before it."""
    monkeypatch.setenv("TUTOR_DB_URL", "postgresql:///tutor")
    assert app().database() == "postgresql:///tutor"
    assert app("--db-url", "other.sqlite").database() == "other.sqlite"


def test_what_is_no_setting_is_a_sentence(here: Path) -> None:
    """These are a path with a query, and a tutor without `reply`."""
    with pytest.raises(TraitError):
        TutorServer(base_url="/a?b")
    with pytest.raises(TraitError):
        TutorServer(port=-1)
    (here / "notutor.py").write_text("class No: pass\n")
    with pytest.raises(BadSetting, match="no method 'reply'"):
        app("--tutor", "notutor:No").make_tutor()


@pytest.mark.parametrize("text", [" \n", "x" * 2001, "\udcff"])
def test_a_notice_to_learners_is_a_text_that_can_be_sent(here: Path, text: str) -> None:
    """Neither blank, nor long, nor what is no UTF-8 on a command line."""
    with pytest.raises(TraitError, match="readable_by_teachers"):
        TutorServer(readable_by_teachers=text)
    assert TutorServer(readable_by_teachers="x" * 2000).settings(0).readable_by_teachers


async def test_a_teachers_explanations_are_read_at_the_start(here: Path) -> None:
    """The lesson tutor has them, and a mistake in them stops the server with a sentence."""
    path = here / "robot.toml"
    path.write_text('[[errors]]\nname = "RobotError"\nmeaning = "It fell."\nlook = "Pick it up."\n')
    tutor = app("--errors", str(path), "--pace=0").make_tutor()
    for name, message, meaning in (
        ("RobotError", "oh", "It fell."),
        ("NameError", "name 'x' is not defined", "`x`"),
    ):
        error = {"name": name, "message": message, "traceback": ""}
        turn = Turn("help", context={"error": error})
        assert meaning in "".join([piece async for piece in tutor.reply(turn)])
    path.write_text('[[errors]]\nname = "RobotError"\n')
    with pytest.raises(BadSetting, match=r"robot.toml, entry 1, key 'meaning'"):
        app("--errors", str(path)).make_tutor()


def test_anyones_tutor_may_be_configurable(here: Path) -> None:
    """A traitlets class takes its options from the same file and command line."""
    (here / "mine.py").write_text(
        "from traitlets import Unicode\n"
        "from traitlets.config import Configurable\n"
        "class Mine(Configurable):\n"
        "    word = Unicode().tag(config=True)\n"
        "    async def reply(self, turn):\n"
        "        yield self.word\n"
    )
    made = app("--tutor", "mine:Mine", "--Mine.word=hello").make_tutor()
    assert made.word == "hello"  # type: ignore[attr-defined]


def explained(folder: Path, option: str) -> str:
    """What the program prints for this option."""
    return subprocess.run(
        [sys.executable, "-m", "tutor_widget.server", option],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env={"PYTHONPATH": str(ROOT), "HOME": str(folder)},
        cwd=folder,
    ).stdout


OPTIONS = [
    (owner, name, option)
    for owner, options in (
        ("TutorServer", ServerOptions.class_own_traits(config=True)),
        ("OpenAITutor", OpenAITutor.class_own_traits(config=True)),
    )
    for name, option in options.items()
]


def test_options_explain_themselves(here: Path) -> None:
    """The help has every option, with its text."""
    text = explained(here, "--help-all")
    words = " ".join(text.split())
    assert [name for owner, name, _ in OPTIONS if f"{owner}.{name}" not in text] == []
    assert [name for _, name, option in OPTIONS if " ".join(option.help.split()) not in words] == []


def test_the_generated_file_explains_every_option_and_starts_a_server(here: Path) -> None:
    """As it is, and with each of its lines in force: those hold the defaults."""
    explained(here, "--generate-config")
    path = here / "tutor_widget_config.py"
    text = path.read_text()
    words = " ".join(text.replace("#", " ").split())
    assert [name for owner, name, _ in OPTIONS if f"# c.{owner}.{name} = " not in text] == []
    assert [
        name
        for _, name, option in OPTIONS
        if not option.help or " ".join(option.help.replace("#", " ").split()) not in words
    ] == []
    for chosen in (text, text.replace("# c.", "c.")):
        path.write_text(chosen)
        with Tutor(here / "db", "--tutor=echo", relaxed=False) as server:
            assert server.log_records()[-1]["event"] == "server listening"
            assert server.stop() == 0


async def test_the_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """Then it is required."""
    (tmp_path / "tokens").write_text("ada from-file\n")
    database, environment = tmp_path / "tutor.sqlite", {"TUTOR_SERVER_TOKEN": "from-env"}
    for token, options in (("from-env", ()), ("from-file", ("--token-file", "tokens"))):
        with Tutor(database, "--tutor=echo", *options, environment=environment) as server:
            async with peer(server.url, token) as client:
                await client.hello()
            with pytest.raises(InvalidStatus, match="401"):
                async with peer(server.url):
                    pass


# --- embedded ------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def embedded(*arguments: Any) -> AsyncIterator[EmbeddedServer]:
    """An embedded server, which is closed at the end."""
    server = await start_embedded(*arguments)
    try:
        yield server
    finally:
        async with asyncio.timeout(PATIENCE):
            await server.close()


@contextlib.asynccontextmanager
async def peer_of(server: EmbeddedServer) -> AsyncIterator[Peer]:
    """A connection to it."""
    async with peer(server.url, sock=await server.pairs.connect()) as client:
        yield client


def listening_sockets() -> set[str]:
    """The inodes of this process's sockets that accept connections (``/proc/net``)."""
    mine = {str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
    tables = [Path(f"/proc/self/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [row.split() for table in tables for row in table.splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine}


async def test_the_embedded_tutor_keeps_to_itself(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It has no address and a private file, and prints nothing."""
    before = listening_sockets()
    async with embedded() as server:
        assert listening_sockets() == before
        assert stat.S_IMODE(default_database().stat().st_mode) == 0o600
        assert stat.S_IMODE(default_database().parent.stat().st_mode) == 0o700
        async with peer_of(server) as client:
            # It serves one person: a short id is allowed.
            welcome = await client.hello("mine")
            assert welcome["state"]["title"] == "Lists in Python"
            await client.say("send", id="m1", text="hint")
            await client.next("event", id="m1")
    with pytest.raises(ConnectionRefusedError):
        await server.pairs.connect()
    assert capfd.readouterr() == ("", "")


def test_a_kernel_does_not_import_prometheus(tmp_path: Path) -> None:
    """No monitoring reads its embedded tutor, which has no address for metrics."""
    program = """
import asyncio, sys
import tutor_widget
from tutor_widget.embedded import start_embedded

async def get(pairs, page):
    reader, writer = await asyncio.open_connection(sock=await pairs.connect())
    writer.write(f"GET /{page} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
    status = (await reader.readline()).split()[1]
    writer.close()
    return int(status)

async def main():
    embedded = await start_embedded(sys.argv[1])
    print([await get(embedded.pairs, page) for page in ("healthz", "metrics")])
    await embedded.close()

asyncio.run(main())
print([name for name in sys.modules if name.startswith("prometheus_client")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "db")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "[200, 404]\n[]\n"


def test_a_server_loads_no_tutor_but_its_own() -> None:
    """The lessons' engine and the guard cost more to load than all the rest."""
    program = """
import sys
from tutor_widget.server.app import TutorServer

server = TutorServer(tutor="echo")
server.make_tutor()
heavy = ("tutor_widget.server.tutors.lesson", "tutor_widget.server.tutors.model.guard")
print([name for name in sys.modules if name.startswith(heavy)])
"""
    done = run_python(program)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


async def test_two_embedded_tutors_share_a_file(tmp_path: Path) -> None:
    """As with two notebooks, both get everything, and each message is answered once."""
    settings = Settings(rate=0, drain=1)
    async with (
        embedded(tmp_path / "db", EchoTutor(), settings) as first,
        embedded(tmp_path / "db", EchoTutor(), settings) as second,
        peer_of(first) as here,
        peer_of(second) as there,
    ):
        await here.hello(instance="here")
        await there.hello(instance="there")
        await here.say("send", id="m1", text="one")
        assert await here.answer("m1") == await there.answer("m1")
        await there.say("send", id="m2", text="two")
        assert await here.answer("m2") == await there.answer("m2")


async def test_the_lesson_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Step, score and attempts are as before."""
    for dial, (message, step, attempts) in enumerate([("3", 2, 0), ("99", 2, 1)], 1):
        async with (
            embedded(tmp_path / "db", LessonTutor(pace=0)) as server,
            peer_of(server) as client,
        ):
            await client.hello(SESSION, dial=dial)
            await client.say("send", id=f"m{dial}", text=message)
            state = (await client.next("state"))["state"]
            assert (state["step"], state["score"], state["attempts"]) == (step, 1, attempts)
