"""The arguments that name a tutor, which `chat` and `check` share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tutor_widget.client.net.endpoint import Remote, Target
from tutor_widget.embedded import Embedded
from tutor_widget.textfile import read_text


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
