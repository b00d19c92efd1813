"""`dev.py bench cluster`, short; and what its nginx is given."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.cluster import WATCHED, Run, killed, rolled, seen_across, table
from benchmarks.clustered.nginx import configuration
from tests.support.learners import Account
from tests.support.servers.postgres import find_programs

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_all = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(NGINX is None, reason="there is no nginx: Debian's nginx-light has it"),
    pytest.mark.skipif(find_programs() is None, reason="there is no PostgreSQL"),
]


def test_nginx_gets_the_recipe_of_the_documentation(tmp_path: Path) -> None:
    """With other addresses. No server is left alone for having failed: see docs/operating.md."""
    text = configuration(tmp_path, 8000, [8001, 8002])
    assert "server 127.0.0.1:8001 max_fails=0;" in text
    assert "server 127.0.0.1:8002 max_fails=0;" in text
    assert "listen 127.0.0.1:8000;" in text
    assert "10.0.0." not in text


@pytest.mark.skipif(NGINX is None, reason="there is no nginx: Debian's nginx-light has it")
def test_nginx_takes_the_recipe(tmp_path: Path) -> None:
    """Its own check finds nothing."""
    assert NGINX is not None
    file = tmp_path / "nginx.conf"
    file.write_text(configuration(tmp_path, 8000, [8001, 8002]))
    log = tmp_path / "nginx.log"
    checked = subprocess.run(
        [NGINX, "-t", "-p", tmp_path, "-c", file, "-e", log], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_one_fault_is_not_right() -> None:
    """A torn reply, or any count of the account; answers that are given up are not."""
    assert Run(Account(given_up=1), 0, "", [], []).is_right
    assert not Run(Account(), 1, "", [], []).is_right
    assert not Run(Account(lost=1), 0, "", [], []).is_right


def test_the_table_says_what_came_of_a_run() -> None:
    """Medians, the time of 99 in 100, and the worst."""
    run = Run(Account(learners=2, messages=1000), 0, "1 × kill", [1.0, 2.0, 9.0], [[0.5], []])
    lines = table([run, run]).splitlines()
    assert lines[1] == "|---|---|---|"
    assert "| messages | 1,000 | 1,000 |" in lines
    assert "2.00 s, 9.00 s, 9.00 s" in lines[-3]
    assert "0.50 s, 0.50 s, 0.50 s" in lines[-1]


class TestTheCluster:
    """Two servers on PostgreSQL behind nginx."""

    pytestmark = needs_all

    def test_killed_in_turn_it_loses_and_doubles_nothing(self, tmp_path: Path) -> None:
        """Two kills, a crash of PostgreSQL, and a server cut off from it; learners write on."""
        run = killed(tmp_path, 30, 12.0, 20.0, 1)
        assert run.account.messages > 30
        assert run.is_right, run
        # With the default `max_fails` nginx lets one learner in every 10 s.
        assert "no live upstreams" not in (tmp_path / "nginx.log").read_text()

    def test_restarted_in_turn_it_tears_no_reply(self, tmp_path: Path) -> None:
        """Replies go on, or begin anew, on the other server; each is one event, and whole."""
        idle, busy = rolled(tmp_path, 5, 5, 20)
        assert busy.account.messages > 5
        assert busy.is_right, busy
        assert idle.is_right, idle
        assert all(idle.outages)

    def test_watched_through_the_other_server_a_reply_streams(self, tmp_path: Path) -> None:
        """Piece by piece; of one that nobody watches there nothing crosses."""
        across = seen_across(tmp_path / "across")
        assert len(across.late) == WATCHED
        assert across.relayed >= 10 * WATCHED
        assert across.alone == 0
