"""Whether a process lives, and the two forms in which files name their owners."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import psutil
import pytest

from tutor_widget import processes
from tutor_widget.client.outbox import records
from tutor_widget.server.store import lease_owner


def ended() -> int:
    """The id of a process that was, and is not any more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(20)
    return child.pid


def test_a_process_lives_until_it_has_ended() -> None:
    """This one does, its parent does; one that was waited for does not."""
    assert processes.is_alive(os.getpid())
    assert processes.is_alive(os.getppid())
    assert not processes.is_alive(ended())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no zombies")
def test_a_process_that_nobody_has_waited_for_is_dead() -> None:
    """It was killed, and its parent has not asked for its status: a container may never do so."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = psutil.Process(child.pid).create_time()
    assert processes.is_alive(child.pid, began)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # until it has ended; it stays a zombie
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert not processes.is_alive(child.pid)
    assert not processes.is_alive(child.pid, began)
    child.communicate()


def test_an_id_that_was_given_again_is_another_process() -> None:
    """Two seconds are allowed, because clocks are adjusted."""
    began = processes.started()
    assert began is not None
    for off, alive in ((0, True), (1.5, True), (-1.5, True), (3, False), (-3, False)):
        assert processes.is_alive(os.getpid(), began + off) is alive
    assert not processes.is_alive(ended(), time.time())


@pytest.mark.parametrize("pid", [0, -1, 1 << 70, "12", None, 1.5])
def test_what_is_no_process_id_proves_nothing(pid: int) -> None:
    """It counts as alive; and nothing is ever signalled to a group of processes."""
    assert processes.is_alive(pid)
    assert processes.is_alive(pid, 0.0)


def test_a_process_that_may_not_be_looked_at_counts_as_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a refused signal nor an unreadable /proc proves an end."""

    def refuse(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", refuse)
        assert processes.is_alive(ended())
    for error in (psutil.AccessDenied(), PermissionError(), RuntimeError("/proc")):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(psutil, "Process", fail)
            assert processes.is_alive(os.getpid(), 0.0)
            assert processes.started() is None
            assert records.this_process() == {}


@pytest.mark.skipif(processes.here() is None, reason="this system does not name its boots")
def test_owners_are_written_as_ever() -> None:
    """Version 0.1 reads them, and theirs are read: a space in journals, a slash in leases."""
    boot, space = processes.here() or ("", "")
    assert re.fullmatch(r"[0-9a-f-]{36}", boot)
    assert re.fullmatch(r"pid:\[\d+\]", space)
    owner = records.this_process()
    assert (owner["machine"], owner["pid"]) == (f"{boot} {space}", os.getpid())
    assert owner["started"] == pytest.approx(psutil.Process().create_time(), abs=1)
    assert records.may_live(owner)
    assert not records.may_live(owner | {"pid": ended()})
    assert re.fullmatch(
        rf"{os.getpid()}@{re.escape(f'{boot}/{space}')}#[0-9a-f]{{8}}",
        lease_owner.lease_owner_name(),
    )
    assert lease_owner.is_gone(f"{ended()}@{boot}/{space}#00000000")
    assert not lease_owner.is_gone(f"{os.getpid()}@{boot}/{space}#00000000")


def test_a_journal_whose_owner_cannot_be_read_is_left_alone() -> None:
    """It is adopted when it has lain untouched, as any."""
    machine = records.this_machine()
    for owner in ({}, {"pid": "x"}, {"pid": 1 << 70}, {"pid": 1, "started": "x"}, {"pid": None}):
        assert records.may_live({"machine": machine, **owner})
