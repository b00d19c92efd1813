"""The command line, `tutor-widget COMMAND`. One module a command."""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Callable
from typing import Final

from tutor_widget.errors import TutorError
from tutor_widget.markup.plain import printable
from tutor_widget.version import __version__

_COMMANDS: Final = ("lab", "serve", "chat", "check", "lesson", "export", "erase", "dashboard")
_HELP: Final = """\
commands:
  lab          JupyterLab with the quickstart notebook and a tutor built in (takes its options)
  serve        run a tutor server (its own flags: tutor-widget serve --help)
  chat [URL]   talk to a tutor in this terminal
  check URL    find out why a tutor cannot be reached
  lesson FILE  check a lesson of your own, and play it in this terminal
  export       write conversations of a server's database to a file
  erase        delete conversations of a server's database
  dashboard    for those who teach: see where the class is stuck, and step in
"""


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    _replace_what_has_no_code()
    if argv and argv[0] in _COMMANDS:
        command, rest = argv[0], argv[1:]
    else:
        command, rest = _parse(argv), []
    # Imported here: a command loads what it needs and no other command's modules.
    run: Callable[[list[str]], int] = importlib.import_module(f"{__name__}.{command}").run
    if command == "serve":
        return run(rest)  # it reports its own errors, and lets its operator see tracebacks
    try:
        return run(rest)
    except (TutorError, OSError) as error:
        # It may quote a file, or a server.
        print(f"tutor-widget: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _replace_what_has_no_code() -> None:
    """Write "?" for what the encoding of a terminal or pipe does not have, and read U+FFFD."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a program that calls this may have put others
            stream.reconfigure(errors="replace")


def _parse(argv: list[str]) -> str:
    """The command, where the arguments do not begin with it: most often help, or a mistake."""
    parser = argparse.ArgumentParser(
        "tutor-widget",
        usage="%(prog)s [-h] [--version] COMMAND ...",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("command", metavar="COMMAND", choices=_COMMANDS)
    command: str = parser.parse_args(argv).command
    return command
