"""For operators: `tutor-widget export` writes conversations to a file or to standard output."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from tutor_widget.private_file import private_file
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.export import (
    CsvTable,
    Export,
    Form,
    JsonLines,
    Markdown,
    Names,
    ParquetTable,
    Selection,
)
from tutor_widget.server.logs import audit

from .database import add_database, configured, opened, user, write_audit

__all__ = ["run"]

_WHOLE: Final[dict[str, type[JsonLines | Markdown]]] = {"jsonl": JsonLines, "md": Markdown}
_TABLES: Final[dict[str, type[CsvTable | ParquetTable]]] = {
    "csv": CsvTable,
    "parquet": ParquetTable,
}


def run(argv: list[str]) -> int:
    """Export what the arguments select. Returns 1 if nothing matches, or if the pipe was closed.

    Raises StoreError, and OSError for the file.
    """
    parser = _parser()
    given = parser.parse_args(argv)
    if given.account is None and given.group is None and given.since is None:
        parser.error("say which conversations: --account, --group or --since")
    if given.contexts and given.format in _TABLES:
        parser.error(f"--contexts: there are none in --format {given.format}")
    write_audit()
    try:
        return asyncio.run(_export(given))
    except FileExistsError:
        print(
            f"tutor-widget export: {given.output} exists already. Nothing was written. Choose "
            "another name, or replace it with --force.",
            file=sys.stderr,
        )
    except BrokenPipeError:
        # Else Python would write the rest of its buffer at exit, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tutor-widget export",
        description="Write whole conversations, or a table of their turns for a study, also while "
        "servers run on the database.",
    )
    parser.add_argument("--account", help="those of this account")
    parser.add_argument("--group", help="those of accounts in this group")
    parser.add_argument(
        "--since",
        type=since,
        metavar="DATE",
        help="those to which something was written since then: 2026-01-31 (UTC), or 30d for the "
        "last 30 days",
    )
    parser.add_argument(
        "--format",
        choices=[*_WHOLE, *_TABLES],
        default="jsonl",
        help="jsonl (the default) and md: all that was said; csv and parquet: a row for each turn, "
        "without what was said",
    )
    parser.add_argument(
        "--names",
        action="store_true",
        help="real names in place of pseudonyms, and ids of sessions",
    )
    parser.add_argument(
        "--contexts", action="store_true", help="also cells and errors that learners have attached"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    add_database(parser)
    return parser


def since(text: str) -> int:
    """The time that ``--since`` names, in Unix ms. Raises ArgumentTypeError."""
    try:
        if days := re.fullmatch(r"(\d{1,6})d", text):
            moment = datetime.now(UTC) - timedelta(days=int(days[1]))
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0, int(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date: write it as 2026-01-31, or as 30d for the last 30 days"
        ) from None


async def _export(given: argparse.Namespace) -> int:
    async with opened(configured(db_url=given.db_url)) as store:
        pseudonyms = Pseudonyms(await store.secret())
        export = Export(store, _form(given, Names(pseudonyms, real=given.names)))
        is_whole = False
        try:
            await _write(export, given)
            is_whole = True
        finally:
            audit(
                "conversations exported",
                by="operator",
                user=user(),
                account=pseudonyms.of_account(given.account or ""),
                group=given.group,
                since=given.since,
                sessions=export.sessions,
                events=export.events,
                format=given.format,
                names=given.names,
                contexts=given.contexts,
                whole=is_whole,
            )
    if export.sessions:
        return 0
    print(f"tutor-widget export: {_nothing(given)} Nothing was written.", file=sys.stderr)
    return 1


def _form(given: argparse.Namespace, names: Names) -> Form:
    if (table := _TABLES.get(given.format)) is not None:
        return table(names)
    return _WHOLE[given.format](names, contexts=given.contexts)


async def _write(export: Export, given: argparse.Namespace) -> None:
    """Write the selected conversations. Without any there is no file."""
    pieces = export.pieces(Selection(given.account, given.group, given.since or 0))
    async with contextlib.aclosing(pieces):
        async for first in pieces:
            with _output(given.output, given.force) as file:
                file.write(first)
                async for piece in pieces:
                    file.write(piece)


@contextlib.contextmanager
def _output(path: Path | None, is_forced: bool) -> Iterator[BinaryIO]:
    if path is not None:
        with private_file(path, replaces=is_forced) as file:
            yield file
        return
    sys.stdout.flush()
    yield sys.stdout.buffer  # UTF-8, whatever the terminal's encoding
    sys.stdout.buffer.flush()


def _nothing(given: argparse.Namespace) -> str:
    wanted = [
        *([f"of the account {given.account!r}"] if given.account is not None else []),
        *([f"of the group {given.group!r}"] if given.group is not None else []),
        *(["since then"] if given.since is not None else []),
    ]
    return f"No conversation {' '.join(wanted)} is in this database."
