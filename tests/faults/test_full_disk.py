"""Disks that fill up, fail, or cannot be written, under the server and under the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.children import Child
from tests.support.paths import ROOT
from tests.support.servers.peers import PATIENCE, peer
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(120)


class Disk:
    """A small file system of its own, which only root can have."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment: dict[str, str] = {}
        """What the server's process needs to be upon it."""

    def fill(self, server: Tutor) -> None:
        """Take all the space there is, to the last byte."""
        with contextlib.suppress(OSError), (self.path / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self, server: Tutor) -> None:
        (self.path / "ballast").unlink()


class Quota(Disk):
    """What everybody can have: files of this process may not grow any more."""

    def fill(self, server: Tutor) -> None:
        size = max(path.stat().st_size for path in self.path.iterdir())
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def free(self, server: Tutor) -> None:
        lifted = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, lifted)


class Failing(Disk):
    """A disk that answers EIO, to the ``calls`` "sync" or "all" of the server's process."""

    def __init__(self, path: Path, calls: str) -> None:
        super().__init__(path / "disk")
        self.path.mkdir()
        self._flag = path / "fails"
        shim = path / "failing_disk.so"
        source = ROOT / "tests" / "support" / "faults" / "failing_disk.c"
        command = ["cc", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"]
        if sys.platform != "linux" or shutil.which("cc") is None:
            pytest.skip("no C compiler to make a disk fail with")
        subprocess.run(command, check=True)
        self.environment = {
            "LD_PRELOAD": str(shim),
            "FAILING_FOLDER": f"{self.path}/",
            "FAILING_WHILE": str(self._flag),
            "FAILING_CALLS": calls,
        }

    def fill(self, server: Tutor) -> None:
        self._flag.touch()

    def free(self, server: Tutor) -> None:
        self._flag.unlink()


@pytest.fixture(
    params=["full", "quota", "all", pytest.param("sync", marks=pytest.mark.slow)],
    ids=["full", "quota", "failing", "failing to sync"],
)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "quota":
        yield Quota(tmp_path)
        return
    if request.param in ("all", "sync"):
        yield Failing(tmp_path, request.param)
        return
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a file system")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", path], check=True)


async def ready(server: Tutor) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    status = (await reader.readline()).split()[1]
    writer.close()
    await writer.wait_closed()
    return status == b"200"


async def until_ready(server: Tutor, expected: bool) -> None:
    async with asyncio.timeout(PATIENCE):
        while await ready(server) != expected:  # noqa: ASYNC110  # no event announces it
            await asyncio.sleep(0.05)


async def test_a_bad_disk_is_neither_acknowledged_nor_refused(
    disk: Disk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not ready, then 1013; when it is good again what waited is stored: nothing was promised."""
    options = ("--tutor", "echo", "--pace", "0")
    database, server_log = disk.path / "tutor.sqlite", tmp_path_factory.mktemp("log") / "server.log"
    with Tutor(database, *options, log=server_log, environment=disk.environment) as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m0", text="before")
            await client.answer("m0")
            disk.fill(server)
            # As many as the pages that were there already may take, and then some.
            for number in range(1, 60):
                await client.say("send", id=f"m{number}", text=f"{number} " + "x" * 30_000)
            await until_ready(server, expected=False)
            assert (await client.ending())[0] == 1013
        acknowledged = stored(disk.path)
        assert "refused" not in client.seen
        assert client.seen.count("event") <= acknowledged
        disk.free(server)
        await until_ready(server, expected=True)
        async with peer(server.url) as client:
            welcome = await client.hello(dial=2)
            log = await client.events(welcome["seq"])
            for number in range(60):
                if not any(event["id"] == f"m{number}" for event in log):
                    await client.say("send", id=f"m{number}", text=f"{number} " + "x" * 30_000)
            while sum("re" in event for event in log) < 60:
                log.append(await client.next("event"))
            assert [e["id"] for e in log if e["role"] == "learner"] == [f"m{n}" for n in range(60)]
            assert [event["seq"] for event in log] == list(range(1, 121))


def stored(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "tutor.sqlite")) as db:
        count: int = db.execute("SELECT count(*) FROM events").fetchone()[0]
        return count


# --- the kernel's journal -------------------------------------------------------------------------

OPEN = """
import resource
from tutor_widget import TutorChat
from tests.support.children import until
chat = TutorChat({url!r}, session="s")
"""
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))"
ROOM = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)"


def no_home(home: Path) -> dict[str, str]:
    """A file where the folder should be: nothing can be made below it."""
    (home / "file").touch()
    return {"JUPYTER_DATA_DIR": str(home / "file" / "data")}


@pytest.fixture
def tutor(tmp_path: Path) -> Iterator[Tutor]:
    server = Tutor(tmp_path / "tutor.sqlite", "--tutor=echo", "--pace=0")
    yield server
    server.kill()


def goes_on(kernel: Child, tutor: Tutor) -> None:
    """The chat says that it keeps messages in memory only, and delivers them."""
    first = kernel.run("chat.say('typed on a bad disk')")
    kernel.run("until(lambda: [m['status'] for m in chat.queue] == ['queued'])")
    kernel.run("until(lambda: 'kept in memory only' in chat._view['warning'])")
    tutor.start()
    assert kernel.run("chat.ask_blocking('and another', 60).text") == "and another"
    assert kernel.run("chat.history[0]['id']") == first


@pytest.mark.parametrize(
    "bad", [lambda home: {"JUPYTER_DATA_DIR": "/proc/none"}, no_home], ids=["read-only", "no home"]
)
def test_without_a_place_for_the_journal_the_chat_goes_on(
    tmp_path: Path, tutor: Tutor, bad: Callable[[Path], dict[str, str]]
) -> None:
    """From memory, and says so; nothing that it was told is lost while the kernel lives."""
    with Child(tmp_path, **bad(tmp_path)) as kernel:
        kernel.run(OPEN.format(url=tutor.url))
        goes_on(kernel, tutor)
        assert kernel.run("chat.status") == "connected"


def test_with_a_full_disk_the_chat_goes_on(tmp_path: Path, tutor: Tutor) -> None:
    """From memory, and says so; when there is room again, what waits is journalled after all."""
    with Child(tmp_path) as kernel:
        kernel.run(OPEN.format(url=tutor.url))
        kernel.run(
            "from tutor_widget.client.outbox import journal_task; journal_task.TOUCH_EVERY = 0.5"
        )
        kernel.run("chat.say('safe')")
        kernel.run("until(lambda: [m['status'] for m in chat.queue] == ['queued'])")
        kernel.run(FULL)
        kernel.run("chat.say('unsafe')")
        kernel.run("until(lambda: 'kept in memory only' in chat._view['warning'])")
        kernel.run(ROOM)
        kernel.run("until(lambda: chat._view['warning'] == '')")
        kernel.kill()
    with Child(tmp_path) as kernel:
        kernel.run(OPEN.format(url=tutor.url))
        kernel.run("until(lambda: [m['text'] for m in chat.queue] == ['safe', 'unsafe'])")


def test_a_user_without_a_home_has_a_chat(tmp_path: Path, tutor: Tutor) -> None:
    """No HOME, no entry among the users, as in many containers: from memory, and it says so."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    other = Tutor(tmp_path / "other.sqlite", "--tutor=echo", "--pace=0")
    with Child(tmp_path) as kernel, contextlib.ExitStack() as stack:
        # Perhaps nobody else may enter the checkout: one chat loads all code while we are root.
        stack.callback(other.kill)
        other.start()
        kernel.run(OPEN.format(url=other.url))
        kernel.run("chat.ask_blocking('loaded', 60); chat.close()")
        other.kill()
        kernel.run("import os; os.setgid(54321); os.setuid(54321); os.environ.pop('HOME')")
        kernel.run("os.chdir('/'); os.environ.pop('JUPYTER_DATA_DIR')")
        kernel.run(OPEN.format(url=tutor.url))
        goes_on(kernel, tutor)
