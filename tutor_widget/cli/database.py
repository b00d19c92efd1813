"""The database that an operator's command works on, beside the servers that run on it."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import logging
import os
import sys
from collections.abc import AsyncIterator

from tutor_widget.server import Store, open_store
from tutor_widget.server.app import TutorServer
from tutor_widget.server.logs import JsonLines

__all__ = ["add_database", "configured", "opened", "user", "write_audit"]


def add_database(parser: argparse.ArgumentParser) -> None:
    """Let the parser take ``--db-url``, as `tutor-widget serve` does."""
    parser.add_argument(
        "--db-url",
        metavar="URL",
        help="the database: see tutor-widget serve --help. By default that of tutor-widget serve",
    )


def configured(**options: object) -> TutorServer:
    """The server's configuration, from its file and the options that are given. Nothing runs.

    Raises SystemExit with a sentence for a faulty file.
    """
    server = TutorServer()
    given = {name.replace("_", "-"): value for name, value in options.items() if value is not None}
    server.initialize([f"--{name}={value}" for name, value in given.items()])
    return server


@contextlib.asynccontextmanager
async def opened(server: TutorServer) -> AsyncIterator[Store]:
    """The store of the configuration. Raises StoreError, also where there is no database."""
    store = await open_store(server.database(), must_exist=True)
    try:
        yield store
    finally:
        await store.close()


def write_audit() -> None:
    """Write what `tutor_widget.server.logs.audit` notes to stderr, as the server does."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("tutor_widget.server")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def user() -> str:
    """Who runs this command, as the system says: the environment could say anything."""
    if os.name == "nt":
        return getpass.getuser()
    import pwd

    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # such as in a container
        return str(uid)
