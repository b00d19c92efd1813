"""The tutor server as a program: ``tutor-widget serve``, or ``python -m tutor_widget.server``.

Options come from ``tutor_widget_config.py`` (in Jupyter's configuration folders, then in the
current folder) and from the command line; the later one wins. Secrets come from the environment or
from a file, never from the command line, where every user of the machine can read them.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import math
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

from jupyter_core.paths import jupyter_config_path
from traitlets import Bool, Float, Int, List, TraitError, Unicode, validate
from traitlets.config import Application, Configurable

from tutor_widget.server.store.sqlite.filesystem import default_database

from .auth import (
    TOKEN_VARIABLE,
    Authenticator,
    NoAuthenticator,
    TokenAuthenticator,
    make_authenticator,
    read_tokens,
)
from .logs import JsonLines, log, where
from .metrics import Metrics
from .net.address import networks
from .process import announce, log_what_libraries_print, on_signals, raise_file_limit
from .server import Server
from .settings import BadSetting, Settings
from .store import StoreError, open_store
from .tutors import Tutor

__all__ = ["TutorServer", "main"]

_CONFIG: Final = "tutor_widget_config"
_OTHER_FILES: Final = 256
"""Files that are no clients' connections: the database, and sockets that were just accepted."""


class TutorServer(Application):
    """Serves a tutor to notebooks over WebSockets, and stores every conversation."""

    name = "tutor-widget serve"
    description = (
        "Serve a tutor to notebooks. Learners connect with TutorChat('ws://HOST:PORT/').\n\n"
        f"A token that clients must show is read from ${TOKEN_VARIABLE} or from --token-file."
    )
    examples = (
        "tutor-widget serve                          # the lessons, on ws://127.0.0.1:8765/\n"
        "tutor-widget serve --tutor echo --port 0    # answers with the message itself\n"
        "tutor-widget serve --tutor mytutor:Socrates --host 0.0.0.0 --token-file tokens"
    )

    host = Unicode("127.0.0.1", help="The address to listen on.").tag(config=True)
    port = Int(8765, min=0, max=65535, help="The port; 0 for any free one.").tag(config=True)
    base_url = Unicode(
        "/", help="The path under which the server is reached, such as /services/tutor/."
    ).tag(config=True)
    db_url = Unicode(
        help="The database: sqlite:////absolute/path, sqlite:///relative/path, or a path. "
        "By default tutor_widget/server.sqlite in Jupyter's data folder. Servers that share a "
        "database must have the same tutor."
    ).tag(config=True)
    origins = List(
        Unicode(),
        help="Origins whose pages may connect, such as https://hub.example.edu; * for all. "
        "Notebooks connect from their kernel and need none.",
    ).tag(config=True)
    tutor = Unicode(
        "lesson", help="lesson, echo, or module:Class for your own tutor (see docs/tutors.md)."
    ).tag(config=True)
    lessons = Unicode(help="A folder of lessons (*.toml) in place of the built-in ones.").tag(
        config=True
    )
    errors = Unicode(
        help="A file of explanations of errors (TOML, see docs/tutors.md) that go before the "
        "built-in ones."
    ).tag(config=True)
    pace = Float(
        60, min=0, help="Characters a second of the built-in tutors; 0 for all at once."
    ).tag(config=True)
    rate = Float(
        60,
        min=0,
        help="Messages a minute and account. As every limit of an account: 0 for no "
        "limit; without accounts 50 times as much, for each address from which clients connect.",
    ).tag(config=True)
    new_sessions = Float(
        60, min=0, help="New sessions an hour and account. Each costs a message, too."
    ).tag(config=True)
    sessions = Int(1000, min=0, help="Sessions that an account may have.").tag(config=True)
    stored = Float(
        256, min=0, help="MiB of text, with contexts, that an account may have stored."
    ).tag(config=True)
    handshakes = Int(
        200, min=0, help="Handshakes whose credentials are checked at the same time; 0: no limit."
    ).tag(config=True)
    trusted_proxies = List(
        Unicode(),
        help="Addresses and networks of proxies, such as 10.0.0.0/8, whose X-Forwarded-For says "
        "from where a client connects. Needed without accounts only.",
    ).tag(config=True)
    auth = Unicode(
        help="none: no credentials. tokens: see token_file. By default tokens if any is "
        "configured, else none."
    ).tag(config=True)
    single_user = Bool(
        False, help="The server serves one person: ids of sessions may be short without accounts."
    ).tag(config=True)
    insecure_no_auth = Bool(
        False, help="Listen for other machines without authentication, too."
    ).tag(config=True)
    erased_days = Float(
        30,
        min=0,
        help="Days for which the name of a deleted conversation stays taken, so that every "
        "notebook that had it forgets it, too; 0 for not at all.",
    ).tag(config=True)
    spread = Float(
        None,
        allow_none=True,
        min=0,
        max=300,
        help="Over how many seconds clients come back after an outage; by default their number "
        "÷ 800.",
    ).tag(config=True)
    token_file = Unicode(
        help="A file with the token that clients must show, or with a line 'account token' for "
        f"each learner. Goes before ${TOKEN_VARIABLE}, and is read anew on SIGHUP."
    ).tag(config=True)
    generate_config = Bool(
        False, help=f"Write {_CONFIG}.py, with every option explained, and exit."
    ).tag(config=True)

    aliases = {  # noqa: RUF012  # traitlets wants plain class attributes
        "host": "TutorServer.host",
        "port": "TutorServer.port",
        "base-url": "TutorServer.base_url",
        "db-url": "TutorServer.db_url",
        "origins": "TutorServer.origins",
        "tutor": "TutorServer.tutor",
        "lessons": "TutorServer.lessons",
        "errors": "TutorServer.errors",
        "pace": "TutorServer.pace",
        "rate": "TutorServer.rate",
        "new-sessions": "TutorServer.new_sessions",
        "sessions": "TutorServer.sessions",
        "stored": "TutorServer.stored",
        "handshakes": "TutorServer.handshakes",
        "trusted-proxies": "TutorServer.trusted_proxies",
        "auth": "TutorServer.auth",
        "erased-days": "TutorServer.erased_days",
        "spread": "TutorServer.spread",
        "token-file": "TutorServer.token_file",
        "log-level": "Application.log_level",
    }
    flags = {  # noqa: RUF012
        "debug": (
            {"Application": {"log_level": logging.DEBUG}},
            "Log tracebacks too. They may quote what learners wrote.",
        ),
        "single-user": (
            {"TutorServer": {"single_user": True}},
            "The server serves one person: ids of sessions may be short without accounts.",
        ),
        "insecure-no-auth": (
            {"TutorServer": {"insecure_no_auth": True}},
            "Listen for other machines without authentication, too.",
        ),
        "generate-config": (
            {"TutorServer": {"generate_config": True}},
            f"Write {_CONFIG}.py, with every option explained, and exit.",
        ),
    }

    @validate("rate", "new_sessions", "stored", "spread", "pace")
    def _finite(self, proposal: dict[str, Any]) -> Any:
        if proposal["value"] is not None and not math.isfinite(proposal["value"]):
            raise TraitError(f"{proposal['trait'].name} is a number, not {proposal['value']}")
        return proposal["value"]

    @validate("base_url")
    def _complete_base_url(self, proposal: dict[str, Any]) -> str:
        path = str(proposal["value"]).strip("/")
        if any(character in path for character in "?#% "):
            raise TraitError(f"base_url is a plain path, not {proposal['value']!r}")
        return f"/{path}/" if path else "/"

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read configuration files and the command line, which wins.

        Raises SystemExit with a sentence for an option that does not exist: traitlets only warns of
        it, and the server would run without the limit that was meant.
        """
        with _stop_at_warnings(self.log):
            self._read_configuration(argv)
        if self.extra_args:
            sys.exit(f"tutor-widget serve: {self.extra_args[0]!r} is no option. See --help-all.")

    def _read_configuration(self, argv: list[str] | None) -> None:
        self.parse_command_line(argv)
        from_command_line = self.cli_config
        # traitlets goes on without a faulty file, and so without the tokens that it names.
        self.raise_config_file_errors = True
        try:
            self.load_config_file(_CONFIG, path=[*reversed(jupyter_config_path()), str(Path.cwd())])
        except Exception as error:  # noqa: BLE001  # the file is a program
            place = where(error)["at"]
            sys.exit(
                f"tutor-widget serve: {_CONFIG}.py cannot be loaded: {type(error).__name__} at "
                f"{place}: {error}. Correct or remove it, then start again."
            )
        self.update_config(from_command_line)

    def start(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises SystemExit with a sentence if that fails."""
        if self.generate_config:
            self._write_config()
            return
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger = logging.getLogger("tutor_widget.server")
        logger.addHandler(handler)
        # Application's default of WARNING is meant for its own messages.
        debug = self.log_level in (logging.DEBUG, "DEBUG")
        logger.setLevel(logging.DEBUG if debug else logging.INFO)
        logger.propagate = False
        undo = log_what_libraries_print()
        try:
            asyncio.run(self.serve())
        except (BadSetting, StoreError) as error:
            sys.exit(f"tutor-widget serve: {error}")
        except OSError as error:  # an error for which no part of the server has a better sentence
            about = f" ({error.filename})" if error.filename else ""
            sys.exit(
                f"tutor-widget serve: the system refused something{about}: "
                f"{error.strerror or error}. Look at the rights of this user and at the space on "
                "its disks, then start again."
            )
        finally:
            undo()

    async def serve(self) -> None:
        """Serve on the running loop until a signal arrives, then drain and return."""
        tutor = self.make_tutor()
        authenticator = make_authenticator(
            self.auth, self.token_file, os.environ.get(TOKEN_VARIABLE, "")
        )
        if isinstance(authenticator, NoAuthenticator):
            log("no token required", level="warning")
        settings = self._settings(raise_file_limit())
        metrics = Metrics()
        store = await open_store(self._database(), metrics.committed)
        try:
            stop = on_signals("SIGTERM", "SIGINT")
            server = Server(
                store,
                tutor,
                settings,
                host=self.host,
                port=self.port,
                authenticator=authenticator,
                metrics=metrics,
            )
            async with server:
                announce(f"listening on {server.url}\n")
                async with self._reading_tokens_anew(authenticator, server):
                    await stop.wait()
        finally:
            await store.close()

    def make_tutor(self) -> Tutor:
        """Make the tutor that the option ``tutor`` names. Raises BadSetting if that fails."""
        from tutor_widget.server.tutors.echo import EchoTutor
        from tutor_widget.server.tutors.lesson import LessonTutor

        if self.tutor == "echo":
            return EchoTutor(pace=self.pace)
        if self.tutor == "lesson":
            return LessonTutor(self.lessons or None, self.pace, self.errors or None)
        return self._import_tutor(*self.tutor.partition(":")[::2])

    def _import_tutor(self, module: str, name: str) -> Tutor:
        if not module or not name:
            raise BadSetting(f"--tutor {self.tutor}: lesson, echo, or module:Class is expected.")
        # As with `python -m`, the current folder holds the operator's own modules.
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        try:
            made = getattr(importlib.import_module(module), name)
            if isinstance(made, type):
                made = made(parent=self) if issubclass(made, Configurable) else made()
        except (ImportError, AttributeError) as error:
            raise BadSetting(f"--tutor {self.tutor}: {error}.") from error
        except Exception as error:  # the tutor is foreign code
            place = where(error)["at"]
            raise BadSetting(
                f"--tutor {self.tutor}: it cannot be made: {type(error).__name__} at {place}: "
                f"{error}."
            ) from error
        if not isinstance(made, Tutor):
            raise BadSetting(f"--tutor {self.tutor}: it has no method 'reply'. See docs/tutors.md.")
        return made

    def _settings(self, files: int) -> Settings:
        """``files``: how many files this process may open; 0 if that is not known."""
        return Settings(
            base_url=self.base_url,
            origins=tuple(self.origins),
            spread=self.spread,
            single_user=self.single_user,
            insecure_no_auth=self.insecure_no_auth,
            trusted_proxies=networks(self.trusted_proxies),
            rate=self.rate,
            new_sessions=self.new_sessions,
            sessions=self.sessions,
            stored=round(self.stored * 2**20),
            handshakes=self.handshakes,
            connections=max(files - _OTHER_FILES, files // 2),
        )

    @contextlib.asynccontextmanager
    async def _reading_tokens_anew(
        self, authenticator: Authenticator, server: Server
    ) -> AsyncIterator[None]:
        """On SIGHUP read the token file. A faulty one changes nothing."""
        if not self.token_file or not isinstance(authenticator, TokenAuthenticator):
            yield
            return
        hangup = on_signals("SIGHUP")

        async def read_anew() -> None:
            while await hangup.wait():
                hangup.clear()
                try:
                    tokens = await asyncio.to_thread(read_tokens, Path(self.token_file))
                    gone = authenticator.replace(tokens)
                except BadSetting as error:
                    log("token file refused", level="error", reason=str(error))
                else:
                    log("token file read", tokens=len(tokens), gone=len(gone))
                    server.close_accounts(gone)

        reading = asyncio.create_task(read_anew())
        try:
            yield
        finally:
            reading.cancel()

    def _database(self) -> str | Path:
        # Not the notebooks' database: each tutor answers every message that waits in its file.
        return self.db_url or default_database().with_name("server.sqlite")

    def _write_config(self) -> None:
        path = Path.cwd() / f"{_CONFIG}.py"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(self.generate_config_file())
        except FileExistsError:
            sys.exit(f"{path} exists already. Nothing was changed.")
        except OSError as error:
            sys.exit(
                f"{path} cannot be written: {error.strerror}. Run this in a folder that this user "
                "may write to."
            )
        sys.stdout.write(f"wrote {path}\n")


@contextlib.contextmanager
def _stop_at_warnings(logger: logging.Logger) -> Iterator[None]:
    """Raise SystemExit with the first warning, when the block is done."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    keep = Keep(logging.WARNING)
    logger.addHandler(keep)
    try:
        yield
    finally:
        logger.removeHandler(keep)
    if said:
        sys.exit(f"tutor-widget serve: {said[0]} See --help-all.")


main = TutorServer.launch_instance
