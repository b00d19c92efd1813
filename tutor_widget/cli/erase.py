"""For operators: `tutor-widget erase` deletes conversations, on every server and learner's side."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator

from tutor_widget.server import Settings
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.logs import audit
from tutor_widget.server.store import Listed, Store

from .database import add_database, configured, opened, user, write_audit

__all__ = ["run"]


def run(argv: list[str]) -> int:
    """Erase what the arguments name, once it is confirmed. Returns 1 if nothing was erased.

    Raises StoreError.
    """
    parser = _parser()
    given = parser.parse_args(argv)
    if given.account is None and given.session is None:
        parser.error("say which conversations: --account, --session or both")
    write_audit()
    return asyncio.run(_erase(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tutor-widget erase",
        description="Delete conversations for good. Servers that run on the database close their "
        "connections, and whoever had them forgets them.",
    )
    parser.add_argument("--account", type=_name, help="all conversations of this account")
    parser.add_argument(
        "--session",
        type=_name,
        help="the one with this id, of --account or where there are no accounts",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--erased-days",
        type=float,
        metavar="DAYS",
        help="days for which the ids stay taken. By default as for tutor-widget serve",
    )
    add_database(parser)
    return parser


def _name(text: str) -> str:
    """Refuse "", as of a script's variable that is not set: all without an account would go."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


async def _erase(given: argparse.Namespace) -> int:
    server = configured(db_url=given.db_url, erased_days=given.erased_days)
    async with opened(server) as store:
        sessions = [one async for one in _named(store, given.account or "", given.session)]
        if not sessions:
            _say("no such conversation is in this database. Nothing was erased.")
            if given.account is None:
                _say("where there are accounts, name the account, too: --account")
            return 1
        if not given.yes and not _is_confirmed(len(sessions)):
            return 1
        days = Settings(erased_days=server.erased_days).mark_days
        await _erase_all(store, sessions, days)
    print(f"Erased {_count(len(sessions))}.")
    return 0


async def _named(store: Store, account: str, session: str | None) -> AsyncIterator[Listed]:
    async for one in store.list_sessions(account):
        if session in (None, one.name):
            yield one


def _is_confirmed(number: int) -> bool:
    if not sys.stdin.isatty():
        _say(f"this would erase {_count(number)}. Nothing was erased: confirm it with --yes.")
        return False
    try:
        said = input(f"This erases {_count(number)} for good. Type yes to go on: ")
    except EOFError:
        said = ""
    if said.strip().lower() == "yes":
        return True
    _say("nothing was erased.")
    return False


async def _erase_all(store: Store, sessions: list[Listed], days: float) -> None:
    pseudonyms = Pseudonyms(await store.secret())
    for session in sessions:
        await store.erase(session.key, days)
        audit(
            "session erased",
            session=pseudonyms.of_session(session.account, session.name),
            account=pseudonyms.of_account(session.account),
            by="operator",
            user=user(),
            days=days,
        )


def _count(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number:,} conversations"


def _say(sentence: str) -> None:
    print(f"tutor-widget erase: {sentence}", file=sys.stderr)
