"""The table for studies: a row for each turn, in CSV and in Parquet, and no word of a learner."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.stores import append, claim
from tutor_widget.server import SQLiteStore, Store
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.export import CsvTable, Export, Form, Names, ParquetTable, Selection
from tutor_widget.server.export.study import COLUMNS
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.store import Answer, Head, Message

AT_STEP = {
    "lesson": "loops", "step": 2, "question": "0a1b2c3d", "concept": "=cmd()", "hints": 1,
    "attempts": 1, "unassisted": False,
}  # fmt: skip
RECORDS: tuple[dict[str, Any], ...] = (
    AT_STEP | {"kind": "answer", "right": False, "guard": "answer", "held": "guard",
               "seconds": {"first": 0.25, "whole": 1.5}},
    AT_STEP | {"kind": "command", "command": "hint", "attempts": 2},
    {"kind": "closed"},
    {"kind": 7, "step": "x", "seconds": "soon"},
)  # fmt: skip
WORDS = "zebra-crossing"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Of an account four turns and a message without an answer; a turn without an account."""
    made = await SQLiteStore.open_file(tmp_path / "tutor.sqlite")
    head = await made.create_session("ada", "homework", frozenset({"math", "Ärzte"}))
    assert isinstance(head, Head)
    for number, record in enumerate(RECORDS):
        await append(made, head.key, Message(f"m{number}", WORDS, {"cell": WORDS}))
        answer = Answer(f"_{number}", f"m{number}", WORDS, "complete", record=record)
        await made.answer(await claim(made, head.key), answer)
    await made.notice(head.key, "_n", "Ms Grey", WORDS)
    await append(made, head.key, Message("last", WORDS))
    other = await made.create_session("", "other")
    assert isinstance(other, Head)
    await append(made, other.key, Message("m", WORDS))
    await made.answer(await claim(made, other.key), Answer("_", "m", WORDS, "failed"))
    yield made
    await made.close()


async def names_of(store: Store) -> Names:
    return Names(Pseudonyms(await store.secret()))


async def exported(store: Store, form: Form, **which: Any) -> bytes:
    pieces = Export(store, form).pieces(Selection(**which))
    return b"".join([piece async for piece in pieces])


async def table(store: Store) -> list[dict[str, str]]:
    written = (await exported(store, CsvTable(await names_of(store)))).decode()
    return list(csv.DictReader(io.StringIO(written, newline="")))


async def test_a_row_is_a_turn(store: Store) -> None:
    """With what the tutor noted. A message without an answer, and a notice, are none."""
    rows = await table(store)
    assert len(rows) == 5
    assert list(rows[0]) == list(COLUMNS)
    first = rows[0]
    del first["at"], first["session"], first["learner"]
    assert first == {
        "groups": "math;Ärzte",
        "lesson": "loops",
        "step": "2",
        "concept": "'=cmd()",
        "kind": "wrong",
        "attempt": "2",
        "hints": "1",
        "guard": "answer",
        "unassisted": "false",
        "held": "guard",
        "first": "0.25",
        "whole": "1.5",
        "status": "complete",
    }
    assert [(row["kind"], row["attempt"]) for row in rows[1:]] == [
        ("hint", ""), ("closed", ""), ("", ""), ("", ""),
    ]  # fmt: skip
    assert [row["status"] for row in rows] == ["complete"] * 4 + ["failed"]


async def test_a_table_holds_no_word_and_no_name(store: Store) -> None:
    """Pseudonyms are those of the log."""
    rows, pseudonyms = await table(store), Pseudonyms(await store.secret())
    assert WORDS not in repr(rows)
    assert {(row["session"], row["learner"]) for row in rows} == {
        (pseudonyms.of_session("ada", "homework"), pseudonyms.of_account("ada")),
        (pseudonyms.of_session("", "other"), ""),
    }


async def test_a_time_is_that_of_the_message(store: Store) -> None:
    """In UTC, to the millisecond."""
    head = await store.find_session("", "other")
    assert isinstance(head, Head)
    [entry, _] = await store.entries(head.key, 0, 9)  # type: ignore[misc]  # it is not erased
    [row] = [row for row in await table(store) if row["learner"] == ""]
    assert row["at"].endswith("Z")
    assert len(row["at"]) == len("2026-01-31T00:00:00.000Z")
    assert round(datetime.fromisoformat(row["at"]).timestamp() * 1000) == entry.event.at


async def test_an_empty_table_is_none(store: Store) -> None:
    """Where nothing is selected, nothing is written, also not the names of columns."""
    assert await exported(store, CsvTable(await names_of(store)), account="nobody") == b""


async def test_parquet_has_the_same_table(store: Store) -> None:
    """With types: numbers, truths, times, lists; and what each column means."""
    pytest.importorskip("pyarrow", reason="the extra study is not installed")
    import pyarrow.parquet

    written = await exported(store, ParquetTable(await names_of(store)))
    read = pyarrow.parquet.read_table(io.BytesIO(written))
    found, rows = read.to_pylist(), await table(store)
    assert read.column_names == list(COLUMNS)
    assert [row["session"] for row in found] == [row["session"] for row in rows]
    first = found[0]
    assert (first["groups"], first["step"], first["unassisted"]) == (["math", "Ärzte"], 2, False)
    assert (first["first"], first["concept"]) == (0.25, "=cmd()")
    assert first["at"].isoformat(timespec="milliseconds") == rows[0]["at"].replace("Z", "+00:00")
    assert found[-1] | {"session": "", "at": 0} == dict.fromkeys(COLUMNS) | {
        "session": "", "at": 0, "groups": [], "status": "failed",
    }  # fmt: skip
    assert read.schema.field("kind").metadata[b"about"].decode() == COLUMNS["kind"]


async def test_parquet_is_written_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a large export needs little memory."""
    pytest.importorskip("pyarrow", reason="the extra study is not installed")
    import pyarrow.parquet

    monkeypatch.setattr("tutor_widget.server.export.parquet._ROWS", 2)
    pieces = Export(store, ParquetTable(await names_of(store))).pieces(Selection())
    parts = [piece async for piece in pieces if piece]
    assert len(parts) > 2
    assert pyarrow.parquet.ParquetFile(io.BytesIO(b"".join(parts))).metadata.num_row_groups == 3


async def test_without_pyarrow_a_sentence_says_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that CSV needs nothing."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    names = await names_of(store)
    with pytest.raises(BadSetting, match=r"pip install 'tutor-widget\[study\]'.*--format csv"):
        ParquetTable(names)
