"""Whether the owner of a lease has certainly ended."""

from __future__ import annotations

import subprocess
import sys

from tests.support.servers.peers import PATIENCE
from tutor_widget.server.store.lease_owner import is_gone, lease_owner_name


def test_only_a_process_that_has_certainly_ended_is_gone() -> None:
    """The id of a process on another machine or in another namespace proves nothing."""
    mine = lease_owner_name()
    assert not is_gone(mine)
    place = mine.partition("@")[2]
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(PATIENCE)
    assert is_gone(f"{child.pid}@{place}")
    assert not is_gone(f"{child.pid}@another-machine#1")
    assert not is_gone("nonsense")
