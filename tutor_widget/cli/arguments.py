"""The arguments that name a tutor, which `chat` and `check` share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tutor_widget.client.net.endpoint import Remote, Target
from tutor_widget.embedded import Embedded


def parser(command: str) -> argparse.ArgumentParser:
    """A parser for a command that takes ``[URL] [--token-file FILE]``."""
    parser = argparse.ArgumentParser(f"tutor-widget {command}")
    parser.add_argument("url", nargs="?", default=os.environ.get("TUTOR_CHAT_URL"))
    parser.add_argument("--token-file", type=Path, help="a file that holds the token")
    return parser


def target(given: argparse.Namespace) -> Target:
    """The tutor that the parsed arguments name. Raises InvalidURL, or Refused for the token."""
    if given.url is None:
        return Embedded()
    token_file: Path | None = given.token_file
    # Read each time the client asks for the token: the file may be renewed meanwhile.
    token = None if token_file is None else lambda: token_file.read_text("utf-8").strip()
    return Remote(given.url, token)
