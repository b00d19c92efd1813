"""The start of the server's program: what stops it, as a sentence, and what does not."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.servers.peers import PATIENCE, peer, until
from tests.support.servers.processes import Tutor, free_port

pytestmark = pytest.mark.timeout(180)


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    """No traceback for what an operator can put right."""
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "echo") as server:
        message = refused(tmp_path, "--tutor", "echo", "--port", str(server.port))
        assert "cannot listen on 127.0.0.1 port" in message
    assert "module:Class" in refused(tmp_path, "--tutor", "nonsense")
    assert "no_such_module" in refused(tmp_path, "--tutor", "no_such_module:Tutor")
    assert "base_url" in refused(tmp_path, "--tutor", "echo", "--base-url", "/a?b")


def test_metrics_have_a_port_of_their_own(tmp_path: Path) -> None:
    """With `--metrics-port`: that page and no other; a port that is taken ends the start."""
    port = free_port()
    options = ("--tutor=echo", "--host=0.0.0.0", "--insecure-no-auth", f"--metrics-port={port}")
    with Tutor(tmp_path / "tutor.sqlite", *options) as server:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as page:
            assert "tutor_connections 0.0" in page.read().decode()
        for taken, path in ((port, "healthz"), (server.port, "metrics")):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{taken}/{path}", timeout=PATIENCE)
        message = refused(tmp_path, "--tutor=echo", "--port=0", f"--metrics-port={port}")
        assert f"cannot listen on 127.0.0.1 port {port}: " in message


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--lessons", "loop"), "The folder of lessons loop cannot be read: "),
        (("--lessons", "missing"), "The folder of lessons missing cannot be read: "),
        (("--lessons", "file"), "file: Expected '=' after a key"),
        (("--lessons", "lessons"), "loop.toml"),
        (("--errors", "loop"), "loop"),
        (("--token-file", "loop"), "The token file loop cannot be read: "),
        (("--token-file", "lessons"), "The token file lessons cannot be read: "),
        (("--db-url", "file/db"), "The database file/db cannot be opened: "),
        (("--db-url", "lessons"), "The database lessons cannot be opened: "),
        (("--db-url", "file"), "The database file cannot be opened: "),
        (("--tutor", "hungry:Tutor"), "--tutor hungry:Tutor: it cannot be made: FileNotFoundError"),
        (("--tutor", "lazy:Tutor"), "--tutor lazy:Tutor: it cannot be made: PermissionError"),
        (
            ("--tutor", "late:Tutor"),
            "the tutor Tutor cannot start: FileNotFoundError at late.py:3: ",
        ),
        (("--tutor", "many:Tutor"), "Tutor.parallel is 0: a whole number from 1, or None "),
        (("--host", "192.0.2.1", "--insecure-no-auth"), "cannot listen on 192.0.2.1 port 0: "),
        (("--host", "a..b", "--insecure-no-auth"), "cannot listen on a..b port 0: "),
    ],
)
def test_what_the_system_refuses_is_told_for_what_it_is(
    tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    """Of a folder, a file, a database or a tutor it does not say that it cannot listen."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("This is no database. " * 100)
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "loop.toml").symlink_to("loop.toml")
    (tmp_path / "hungry.py").write_text("open('missing')")
    (tmp_path / "lazy.py").write_text(
        "class Tutor:\n    def __init__(self): raise PermissionError(13, 'Permission denied')\n"
    )
    reply = "class Tutor:\n    async def reply(self, turn): yield ''\n"
    (tmp_path / "late.py").write_text(f"{reply}    async def start(self): open('missing')")
    (tmp_path / "many.py").write_text(f"{reply}    parallel = 0")
    message = refused(tmp_path, "--port", "0", *options)
    assert sentence in message
    assert ("cannot listen" in message) == ("--host" in options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--auth", "nonsense"), "--auth nonsense: none, tokens, hub or jwt is expected."),
        (("--auth", "tokens"), "--auth tokens, but no token is configured. Name a file"),
        (("--auth", "none", "--token-file", "class"), "Remove the one or the other."),
        (("--token-file", "class"), "class, lines 1 and 3: two accounts have the same token."),
        (("--host", "0.0.0.0"), "--token-file, or listen on 127.0.0.1, or allow it with --insec"),
        (("--rates", "5"), "Unrecognized alias: 'rates'"),
        (("--TutorServer.session=5",), "Config option `session` not recognized by `TutorServer`."),
        (("60",), "'60' is no option."),
        (("--rate=-1",), "'rate' trait of a TutorServer instance should not be less than 0"),
        (("--sessions=-1",), "'sessions' trait of a TutorServer instance should not be less than"),
        (("--stored=nan",), "stored is a number, not nan"),
        (("--new-sessions", "many"), "'new_sessions' trait of a TutorServer instance expected a"),
        (("--trusted-proxies", "proxy"), "--trusted-proxies 'proxy': an address such as 10.1.2.3"),
        (("--origins", "hub.example.edu"), "--origins 'hub.example.edu': an origin such as https"),
        (
            ("--origins", "https://hub.example.edu/"),
            "without a path, or * for all",
        ),
    ],
)
def test_a_limit_or_an_account_that_is_none_stops_the_server(
    tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    """Else it would run without the limit, or without the authentication, that was meant."""
    (tmp_path / "class").write_text("ada secret\nalan other\ngrace secret\n")
    message = refused(tmp_path, "--tutor", "echo", "--port", "0", *options)
    assert message.count(sentence) == 1
    assert "secret" not in message


def test_a_full_disk_at_the_start_is_told_as_one(tmp_path: Path) -> None:
    """It says so of the database that cannot be made, and of the configuration to be written."""

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    said = refused(tmp_path, "--db-url", "db", "--port", "0", preexec_fn=fill)
    assert "The database db cannot be opened: " in said
    said = refused(tmp_path, "--generate-config", preexec_fn=fill)
    assert "tutor_widget_config.py cannot be written: " in said


@pytest.mark.parametrize("text", ["c.TutorServer.port = = 1", "open('missing')"])
def test_a_configuration_that_cannot_be_loaded_stops_the_server(tmp_path: Path, text: str) -> None:
    """It may name the tokens, without which everyone could connect."""
    (tmp_path / "tutor_widget_config.py").write_text(text)
    message = refused(tmp_path, "--port", "0")
    assert "tutor_widget_config.py cannot be loaded: " in message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
async def test_a_server_whose_standard_output_fails_serves(tmp_path: Path) -> None:
    """The log has its address too, and it ends with status 0."""
    full = os.open("/dev/full", os.O_WRONLY)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tutor_widget.server", "--port", "0", "--db-url", "db"),
        stdout=full,
        stderr=asyncio.subprocess.PIPE,
        env=environment(tmp_path),
        cwd=tmp_path,
    )
    os.close(full)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            events: dict[str, Any] = {}
            while not {"server listening", "standard output failed"} <= events.keys():
                line = json.loads(await process.stderr.readline())
                events[line["event"]] = line
            async with peer(events["server listening"]["url"]) as client:
                await client.hello()
            process.terminate()
            _, rest = await process.communicate()
        assert process.returncode == 0
        assert b"Exception" not in rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_sigterm_ends_a_server_whose_tutor_still_starts(tmp_path: Path) -> None:
    """At once, with status 0: a model may take a minute to load."""
    (tmp_path / "slow.py").write_text(
        "import asyncio, pathlib\n"
        "class Slow:\n"
        "    async def reply(self, turn): yield ''\n"
        "    async def start(self):\n"
        "        pathlib.Path('starting').touch()\n"
        "        await asyncio.sleep(3600)\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tutor_widget.server", "--port", "0", "--db-url", "db"),
        *("--tutor", "slow:Slow"),
        stderr=asyncio.subprocess.PIPE,
        env=environment(tmp_path),
        cwd=tmp_path,
    )
    try:
        await until((tmp_path / "starting").exists)
        process.terminate()
        async with asyncio.timeout(30):  # the tutor's start ends the server after 60 s
            _, said = await process.communicate()
        assert process.returncode == 0
        assert [json.loads(line)["event"] for line in said.splitlines()][-1] == "server stopped"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def environment(folder: Path) -> dict[str, str]:
    root = str(ROOT)
    jupyter = {"JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder)}
    return {**os.environ, "PYTHONPATH": root, **jupyter}


def refused(folder: Path, *options: str, preexec_fn: Callable[[], None] | None = None) -> str:
    """Returns what a server prints that ends at once with status 1."""
    done = subprocess.run(
        [sys.executable, "-m", "tutor_widget.server", *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(folder),
        cwd=folder,
        preexec_fn=preexec_fn,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_database_that_is_not_there_ends_the_start(tmp_path: Path) -> None:
    """With a sentence that holds no password, so that a supervisor starts the server again."""
    pytest.importorskip("asyncpg")
    message = refused(tmp_path, "--db-url", "postgresql://ada:secret@127.0.0.1:1/db")
    assert "The PostgreSQL database cannot be opened: " in message
    assert "secret" not in message
