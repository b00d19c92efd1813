"""The arguments that name a tutor, which `chat` and `check` share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from tutor_widget.client.net.endpoint import Remote, Target
from tutor_widget.client.storage.session_memory import check_session
from tutor_widget.embedded import Embedded
from tutor_widget.textfile import read_text

_UNGUESSABLE: Final = 22
"""Characters from which a session's id can be the key to it: no server takes a shorter one so."""
_SEEN: Final = (
    "tutor-widget: other users of this computer can read --session in the list of processes, and "
    "with it perhaps the conversation. Use --session-file or $TUTOR_CHAT_SESSION."
)


def parser(command: str) -> argparse.ArgumentParser:
    """A parser for a command that takes ``[URL] [--token-file FILE]``."""
    parser = argparse.ArgumentParser(f"tutor-widget {command}")
    parser.add_argument("url", nargs="?", default=os.environ.get("TUTOR_CHAT_URL"))
    parser.add_argument("--token-file", type=Path, help="a file that holds the token")
    return parser


def target(given: argparse.Namespace) -> Target:
    """The tutor that the parsed arguments name.

    Raises InvalidURL, UnreadableFile for the token's file, or Refused for the token.
    """
    if given.url is None:
        return Embedded()
    token_file: Path | None = given.token_file
    if token_file is None:
        return Remote(given.url)
    read_text(token_file)  # a fault of the file is said at once, not as a failure to sign in
    # Read each time the client asks for the token: the file may be renewed meanwhile.
    return Remote(given.url, lambda: read_text(token_file).strip())


def add_session(parser: argparse.ArgumentParser) -> None:
    """Let the parser take a session. Its id may be a secret: not only from the command line, which
    every user of the machine can read."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--session",
        help="the name of the conversation; if it is a secret, use --session-file or the "
        "environment variable TUTOR_CHAT_SESSION",
    )
    one.add_argument("--session-file", type=Path, help="a file that holds it")


def session(given: argparse.Namespace) -> str | None:
    """The session that the parsed arguments or the environment name, or None.

    Raises UnreadableFile, or Refused for what can be no session.
    """
    if given.session is not None and len(given.session) >= _UNGUESSABLE:
        print(_SEEN, file=sys.stderr)
    named: str | None = given.session
    if given.session_file is not None:
        named = read_text(given.session_file).strip()
    elif named is None:
        named = os.environ.get("TUTOR_CHAT_SESSION") or None
    return None if named is None else check_session(named)
