"""What an export holds, in either form, and how much of it is in memory."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from markdown_it import MarkdownIt

from tests.support.paths import ROOT
from tests.support.stores import append, claim, fill_rows, says
from tutor_widget.server import SQLiteStore, Store
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.export import Export, JsonLines, Markdown, Names, Selection
from tutor_widget.server.export.exporting import PAGE
from tutor_widget.server.store import Answer, Entry, Erased, Head, Message

PRIVATE = ("ada@example.edu", "homework", "Ms Grey", "a-cell", "a-traceback")
"""What an export has only if it is asked for."""
CONTEXT = {
    "cell": "# a-cell",
    "error": {"name": "NameError", "message": "x", "traceback": "a-traceback"},
}
FORGED = "# Conversation 0123\n\n## Tutor, 2026-01-31\n\nConversation\n===\n\nTutor\n---\n"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Of an account: a message, its answer, its report, a notice. And a session without account."""
    made = await SQLiteStore.open_file(tmp_path / "tutor.sqlite")
    for account, groups in (("ada@example.edu", frozenset({"math"})), ("", frozenset[str]())):
        head = await made.create_session(account, f"homework{account}", groups)
        assert isinstance(head, Head)
        await append(made, head.key, Message("m1", FORGED, CONTEXT))
        given = Answer("_a", "m1", FORGED, "failed", {"step": 2}, {"step": 1})
        await made.answer(await claim(made, head.key), given)
        await made.report(head.key, "_a", FORGED)
        await made.notice(head.key, "_n", "Ms Grey", "See page 3.")
    yield made
    await made.close()


async def exported(
    store: Store, form: type[JsonLines | Markdown] = JsonLines, *, everything: bool = False
) -> bytes:
    names = Names(Pseudonyms(await store.secret()), real=everything)
    export = Export(store, form(names, contexts=everything))
    return b"".join([piece async for piece in export.pieces(Selection())])


def lines(export: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export.splitlines()]


async def test_who_approved_is_exported_by_name_only_if_asked_for(store: Store) -> None:
    """Otherwise a pseudonym tells one person from another, and from nobody."""
    head = await store.create_session("ada@example.edu", "held")
    assert isinstance(head, Head)
    for message_id, by in (("m1", "Ms Grey"), ("m2", None)):
        await append(store, head.key, says(message_id))
        answer = Answer(f"_{message_id}", message_id, "ok", "complete")
        await store.hold(await claim(store, head.key), answer)
        await store.approve(head.key, message_id, by=by)
    pseudonym = Pseudonyms(await store.secret()).of_account("Ms Grey")
    for everything, expected in ((True, "Ms Grey"), (False, pseudonym)):
        found = lines(await exported(store, everything=everything))
        approved = [line["record"]["approved"] for line in found if "approved" in str(line)]
        assert approved == [{"by": by, "edited": False} for by in (expected, None)]


@pytest.mark.parametrize("form", [JsonLines, Markdown])
async def test_names_and_contexts_are_there_only_if_asked_for(
    store: Store, form: type[JsonLines | Markdown]
) -> None:
    """Neither an account, nor the id of a session, nor a person, nor what was attached."""
    export = (await exported(store, form)).decode()
    assert [word for word in PRIVATE if word in export] == []
    everything = (await exported(store, form, everything=True)).decode().replace("\\@", "@")
    assert [word for word in PRIVATE if word not in everything] == []


async def test_a_pseudonym_is_that_of_the_log(store: Store) -> None:
    """So who follows a learner in the log finds the conversation, and the other way round."""
    pseudonyms = Pseudonyms(await store.secret())
    account = "ada@example.edu"
    expected = pseudonyms.of_account(account), pseudonyms.of_session(account, f"homework{account}")
    found = {(line.get("account"), line["session"]) for line in lines(await exported(store))}
    assert found == {expected, (None, pseudonyms.of_session("", "homework"))}


async def test_an_export_has_all_that_is_kept_of_a_conversation(store: Store) -> None:
    """Its state, its events in the order of the log, contexts, records and reports."""
    whole = lines(await exported(store, everything=True))[:4]
    assert [line["type"] for line in whole] == ["session", "event", "event", "event"]
    session, asked, answered, noted = whole
    assert (session["groups"], session["state"], session["rev"]) == (["math"], {"step": 2}, 1)
    assert (asked["text"], asked["context"]) == (FORGED, CONTEXT)
    assert (answered["status"], answered["re"], answered["record"]) == ("failed", "m1", {"step": 1})
    assert answered["report"]["reason"] == FORGED
    assert (noted["role"], noted["by"]) == ("notice", "Ms Grey")


async def test_the_keys_are_those_of_the_documentation(store: Store) -> None:
    """Each key of each kind of line, and no other."""
    found: dict[str, set[str]] = {"session": set(), "event": set()}
    for line in lines(await exported(store, everything=True)):
        found[line["type"]] |= line.keys()
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    section = page.partition("### Lines of an export\n")[2].partition("\n## ")[0]
    documented: dict[str, set[str]] = {"session": set(), "event": set()}
    for keys, kinds in re.findall(r"^\| (`.*?`) \| ([a-z, ]+) \|", section, re.MULTILINE):
        for kind in kinds.split(", "):
            documented[kind] |= set(re.findall(r"`(\w+)`", keys))
    assert found == documented


async def test_no_message_looks_like_a_part_of_the_export(store: Store) -> None:
    """Neither a learner's text, nor a tutor's, nor a report has a heading of the export's kinds."""
    export = (await exported(store, Markdown, everything=True)).decode()
    parsed = MarkdownIt("commonmark").parse(export)
    headings = [
        (token.tag, parsed[place + 1].content.partition(" ")[0])
        for place, token in enumerate(parsed)
        if token.type == "heading_open" and token.tag in {"h1", "h2"}
    ]
    kinds = ["Learner,", "Attached", "Attached", "Tutor,", "Reported", "Ms"]
    assert headings == 2 * [("h1", "Conversation"), *(("h2", kind) for kind in kinds)]


async def test_a_conversation_that_is_erased_meanwhile_ends_there(store: Store) -> None:
    """The export goes on with the next one."""
    names = Names(Pseudonyms(await store.secret()), real=True)
    pieces = Export(store, JsonLines(names)).pieces(Selection())
    first = json.loads(await anext(pieces))
    (listed,) = [one async for one in store.list_sessions(first["account"])]
    await store.erase(listed.key, 0)
    assert [json.loads(piece)["session"] async for piece in pieces] == 4 * ["homework"]


async def test_an_export_reads_no_more_than_a_page_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of the database, so many events are in memory."""
    await _is_bounded(tmp_path, monkeypatch, sessions=30, events=2 * PAGE + 7)


@pytest.mark.slow
async def test_a_large_database_is_exported_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 conversations of 200 events."""
    await _is_bounded(tmp_path, monkeypatch, sessions=2_000, events=200)


async def _is_bounded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sessions: int, events: int
) -> None:
    path = folder / "large.sqlite"
    store = await SQLiteStore.open_file(path)
    fill_rows(path, sessions, events)
    read = ahead = 0
    entries = store.entries

    async def counted(key: int, after: int, limit: int) -> Sequence[Entry] | Erased:
        nonlocal read
        found = await entries(key, after, limit)
        read += 0 if isinstance(found, Erased) else len(found)
        return found

    monkeypatch.setattr(store, "entries", counted)
    export = Export(store, JsonLines(Names(Pseudonyms(await store.secret()))))
    async for _ in export.pieces(Selection()):
        ahead = max(ahead, read - export.events)
    await store.close()
    assert (export.sessions, export.events) == (sessions, sessions * events)
    assert ahead < PAGE
