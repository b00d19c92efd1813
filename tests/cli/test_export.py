"""`tutor-widget export`, as a process beside running servers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.operators import COMMAND, audit_of, command
from tests.support.servers.processes import Tutor
from tests.support.stores import fill, fill_rows
from tutor_widget.cli.export import run, since

WORDS = "zebra-crossing"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of a database in which somebody without an account has said something."""
    path = tmp_path / "tutor.sqlite"
    fill(path, "homework", [WORDS])
    return f"sqlite:///{path}"


def test_an_export_beside_a_running_server(tmp_path: Path) -> None:
    """It has what was acknowledged, and one line says who has read how much of what."""
    with Tutor(tmp_path / "tutor.sqlite", "--tutor=echo") as server:
        server.fill("homework", [WORDS])
        done = command("export", "--since=1d", "--db-url", server.database)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("text") for line in lines] == [None, WORDS, WORDS]
    assert {line["session"] for line in lines} != {"homework"}
    (audit,) = audit_of(done)
    assert 0 < audit.pop("since") < lines[0]["began"]
    assert audit.pop("user")
    assert audit == {
        "level": "info",
        "event": "conversations exported",
        "by": "operator",
        "sessions": 1,
        "events": 2,
        "format": "jsonl",
        "names": False,
        "contexts": False,
        "whole": True,
    }


def test_an_export_is_a_file_for_its_owner_and_replaces_none(tmp_path: Path, database: str) -> None:
    """Unless that is asked for; then the mode is changed, too."""
    path = tmp_path / "export.md"
    path.write_text("of another export")
    path.chmod(0o644)
    which = ("--since=2026-01-31", "--format=md", "--names", "--db-url", database)
    given = ("export", *which, "--output", str(path))
    refused = command(*given)
    assert refused.returncode == 1
    assert b"exists already" in refused.stderr
    assert path.read_text() == "of another export"
    assert command(*given, "--force").returncode == 0
    assert path.read_text().startswith("# Conversation homework\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*.draft"))


def test_what_matches_nothing_is_said(tmp_path: Path, database: str) -> None:
    """With the account that was named, and without a file. A missing database is not made."""
    path = tmp_path / "export.jsonl"
    done = command("export", "--account=nobody", "--output", path, "--db-url", database)
    assert (done.returncode, done.stdout, path.exists()) == (1, b"", False)
    assert b"No conversation of the account 'nobody'" in done.stderr
    assert b"nobody" not in b"".join(one for one in done.stderr.splitlines() if one[:1] == b"{")
    elsewhere = tmp_path / "elsewhere.sqlite"
    done = command("export", "--account=nobody", "--db-url", elsewhere)
    assert (done.returncode, elsewhere.exists()) == (1, False)
    assert done.stderr.startswith(b"tutor-widget: There is no database at ")


def test_a_reader_that_has_enough_ends_an_export(tmp_path: Path, database: str) -> None:
    """Without a traceback; the line says that not all was written."""
    fill_rows(tmp_path / "tutor.sqlite", 50, 200)  # more than a pipe holds
    process = subprocess.Popen(
        [*COMMAND, "export", "--account=", "--db-url", database],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"type":"session"')
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert [json.loads(line)["whole"] for line in said.splitlines()] == [False]


def test_a_table_for_a_study(tmp_path: Path, database: str) -> None:
    """A file with a row for each turn; what learners attached is in none."""
    path = tmp_path / "turns.csv"
    given = ("export", "--since=1d", "--format=csv", "--db-url", database)
    done = command(*given, "--output", path)
    assert done.returncode == 0, done.stderr
    assert path.read_text().startswith("session,learner,groups,at,")
    assert WORDS not in path.read_text()
    assert [(line["format"], line["sessions"]) for line in audit_of(done)] == [("csv", 1)]
    refused = command(*given, "--contexts")
    assert refused.returncode == 2
    assert b"--contexts: there are none in --format csv" in refused.stderr


def test_a_date_is_iso_or_a_number_of_days() -> None:
    """In UTC unless it says otherwise. Anything else is an error in words."""
    assert since("1970-01-02") == since("1970-01-02T01:00+01:00") == 86_400_000
    assert since("20000d") > 0
    for wrong in ("yesterday", "30", "d", "999999d", "2026-13-01"):
        with pytest.raises(Exception, match="is no date"):
            since(wrong)


def test_an_export_needs_a_selection(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole database is never exported by mistake."""
    with pytest.raises(SystemExit):
        run([])
    assert "--account, --group or --since" in capsys.readouterr().err
