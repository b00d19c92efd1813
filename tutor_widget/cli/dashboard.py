"""For those who teach: `tutor-widget dashboard` shows where the class is stuck."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from tutor_widget.server.net.address import networks
from tutor_widget.server.settings import BadSetting

from .database import add_database, configured, write_audit

__all__ = ["run"]


def run(argv: list[str]) -> int:
    """Serve the dashboard until a signal. Raises BadSetting and StoreError, sentences."""
    given = _parser().parse_args(argv)
    try:
        from tutor_widget.dashboard.options import Options
        from tutor_widget.dashboard.program import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "tornado":
            raise
        raise BadSetting(
            "The dashboard needs the package tornado: pip install 'tutor-widget[dashboard]'"
        ) from None
    server = configured(db_url=given.db_url)
    options = Options(
        db_url=server.database(),
        auth=given.auth,
        token_file=given.token_file,
        groups_file=given.groups_file,
        host=given.host,
        port=given.port,
        base_url=given.base_url,
        lessons=given.lessons or (Path(server.lessons) if server.lessons else None),
        readable_by_teachers=given.readable_by_teachers or bool(server.readable_by_teachers),
        trusted_proxies=networks(given.trusted_proxies),
    )
    write_audit()
    sys.stdout.flush()
    asyncio.run(serve(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tutor-widget dashboard",
        description="Show those who teach where the class is stuck, and let them step in: beside "
        "the servers of the tutor, on the same database.",
    )
    add_database(parser)
    parser.add_argument("--host", help="the address to listen on; default: 127.0.0.1")
    parser.add_argument("--port", type=_port, help="the port, 0 for any free one; default: 8766")
    parser.add_argument(
        "--base-url",
        metavar="PATH",
        help="the path under which it is reached; default: /, and with --auth hub "
        "$JUPYTERHUB_SERVICE_PREFIX",
    )
    parser.add_argument(
        "--auth",
        choices=("tokens", "hub"),
        help="who may sign in: teachers with a token of --token-file, or users of a JupyterHub "
        "with the scope custom:tutor:read or custom:tutor:write",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="a line 'name token role groups…' for each teacher: the role is read or write, * as a "
        "group stands for all",
    )
    parser.add_argument(
        "--groups-file",
        type=Path,
        metavar="FILE",
        help="with --auth hub: a TOML file with the teachers of each group, such as "
        '7b = ["ms.lovelace"]; without it the filters of the scopes say which groups',
    )
    parser.add_argument(
        "--lessons",
        type=Path,
        metavar="FOLDER",
        help="the lessons of the servers, as for tutor-widget serve. By default those of its "
        "configuration file, else the lessons that come with it",
    )
    parser.add_argument(
        "--readable-by-teachers",
        action="store_true",
        help="let teachers read conversations that tell their learner so (see tutor-widget serve "
        "--help-all). Also if the servers' configuration file says it",
    )
    parser.add_argument(
        "--trusted-proxies",
        nargs="+",
        default=[],
        metavar="ADDRESS",
        help="proxies in front of it, which say the address of the client",
    )
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port")
