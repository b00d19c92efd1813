"""The command line: `tutor-widget lab | serve | chat | check`."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tutor_widget.client.endpoint import Remote, Target
from tutor_widget.client.memory import check_session
from tutor_widget.embedded import Embedded
from tutor_widget.errors import Refused, TutorError
from tutor_widget.version import __version__

_QUICKSTART: Final = "quickstart.ipynb"
_HELP: Final = """\
commands:
  lab          JupyterLab with the quickstart notebook and a tutor built in (takes its options)
  serve        run a tutor server (its own flags: tutor-widget serve --help)
  chat [URL]   talk to a tutor in this terminal
  check URL    find out why a tutor cannot be reached
"""


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["serve"]:
        return _serve(argv[1:])
    try:
        return _lab(argv[1:]) if argv[:1] == ["lab"] else _run(argv)
    except (TutorError, OSError) as error:
        print(f"tutor-widget: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        "tutor-widget", epilog=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("serve", add_help=False)
    commands.add_parser("lab", add_help=False)
    for name in ("chat", "check"):
        command = commands.add_parser(name)
        command.add_argument("url", nargs="?", default=os.environ.get("TUTOR_CHAT_URL"))
        command.add_argument("--token-file", type=Path, help="a file that holds the token")
    commands.choices["chat"].add_argument("--session", help="the name of the conversation")
    given = parser.parse_args(argv)
    target = _target(given.url, given.token_file)
    if given.command == "chat":
        return _chat(target, given.session)
    return _check(target)


def _serve(argv: list[str]) -> int:
    from tutor_widget.server.app import TutorServer

    TutorServer.launch_instance(argv)
    return 0


def _target(url: str | None, token_file: Path | None) -> Target:
    if url is None:
        return Embedded()
    # Read anew each time it is asked for, so that a renewed file is found.
    token = None if token_file is None else lambda: token_file.read_text("utf-8").strip()
    return Remote(url, token)


def _chat(target: Target, session: str | None) -> int:
    from .chat import Terminal

    Terminal(target, None if session is None else check_session(session)).run()
    return 0


def _check(target: Target) -> int:
    from .check import check

    def say(step: str, worked: bool, sentence: str) -> None:
        print(f"{'ok    ' if worked else 'FAILED'}  {step:6}  {sentence}")

    return 0 if asyncio.run(check(target, say)) else 1


def _lab(rest: list[str]) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise Refused('JupyterLab is not installed here: pip install "tutor-widget[lab]"')
    notebook = quickstart(Path.cwd())
    opened = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    command = [sys.executable, "-m", "jupyterlab", opened, *rest, str(notebook)]
    if os.name == "nt":  # where exec quotes nothing, and the console does not wait for it
        return subprocess.call(command)
    return os.execv(sys.executable, command)  # noqa: S606 - it becomes the command


def quickstart(folder: Path) -> Path:
    """The quickstart notebook to open: the checkout's own, or a copy put into the folder."""
    package = Path(__file__).parents[1]
    if (own := package.parent / "notebooks" / _QUICKSTART).is_file():
        return own
    copy = folder / _QUICKSTART
    if not copy.exists():
        shutil.copyfile(package / "notebooks" / _QUICKSTART, copy)
    return copy
