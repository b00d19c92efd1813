"""The tutor server as a program: ``tutor-widget serve``, or ``python -m tutor_widget.server``.

Options come from ``tutor_widget_config.py`` (in Jupyter's configuration folders, then in the
current folder) and from the command line; the later one wins. Secrets come from the environment or
from a file, never from the command line, where every user of the machine can read them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jupyter_core.paths import jupyter_config_path
from traitlets import TraitError
from traitlets.config import Application

from tutor_widget.server.store.sqlite.filesystem import default_database

from .auth import (
    JWT_SECRET_VARIABLE,
    TOKEN_VARIABLE,
    Authenticator,
    JWTOptions,
    NoAuthenticator,
    TokenAuthenticator,
    make_authenticator,
    read_tokens,
)
from .logs import JsonLines, PlainLines, log, where
from .metrics import Metrics
from .net.address import networks, web_origins
from .net.listening import listen_for_metrics
from .options import ALIASES, CONFIG, DB_VARIABLE, FLAGS, ServerOptions
from .process import (
    announce,
    log_what_libraries_print,
    on_signals,
    raise_file_limit,
    spare_what_is_loaded,
)
from .server import Server
from .settings import BadSetting, Settings
from .store import StoreError, open_store
from .tutors import Tutor
from .tutors.echo import EchoTutor
from .tutors.foreign import import_tutor
from .tutors.model import OpenAITutor

if TYPE_CHECKING:
    from .tutors.lesson import LessonTutor

__all__ = ["TutorServer", "main"]

_OTHER_FILES: Final = 256
"""Files that are no clients' connections: the database, and sockets that were just accepted."""


class TutorServer(ServerOptions, Application):
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

    classes = [OpenAITutor]  # noqa: RUF012  # plain attributes
    aliases = {  # noqa: RUF012
        **ALIASES,
        "model": "OpenAITutor.model",
        "model-url": "OpenAITutor.url",
        "log-level": "Application.log_level",
    }
    flags = {  # noqa: RUF012
        **FLAGS,
        "debug": (
            {"Application": {"log_level": logging.DEBUG}},
            "Log tracebacks too. They may quote what learners wrote.",
        ),
    }

    _is_serving = False

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
            self.load_config_file(CONFIG, path=[*reversed(jupyter_config_path()), str(Path.cwd())])
        except Exception as error:  # noqa: BLE001  # the file is a program
            place = where(error)["at"]
            sys.exit(
                f"tutor-widget serve: {CONFIG}.py cannot be loaded: {type(error).__name__} at "
                f"{place}: {error}. Correct or remove it, then start again."
            )
        self.update_config(from_command_line)

    def start(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises SystemExit with a sentence if that fails."""
        if self.generate_config:
            self._write_config()
            return
        self._write_logs()
        undo = log_what_libraries_print()
        try:
            asyncio.run(self.serve())
        except (BadSetting, StoreError) as error:
            sys.exit(f"tutor-widget serve: {error}")
        except SystemExit as error:
            if not self._is_serving:
                raise
            # A tutor's own task has exited, and its last words may be a learner's.
            log("tutor exited", level="error", **where(error))
            sys.exit(1)
        except OSError as error:  # an error for which no part of the server has a better sentence
            about = f" ({error.filename})" if error.filename else ""
            sys.exit(
                f"tutor-widget serve: the system refused something{about}: "
                f"{error.strerror or error}. Look at the rights of this user and at the space on "
                "its disks, then start again."
            )
        finally:
            undo()

    def _write_logs(self) -> None:
        """Write the server's log to stderr."""
        is_plain = self.log_style == "text" or (self.log_style == "auto" and sys.stderr.isatty())
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(PlainLines() if is_plain else JsonLines())
        logger = logging.getLogger("tutor_widget.server")
        logger.addHandler(handler)
        # Application's default of WARNING is meant for its own messages.
        debug = self.log_level in (logging.DEBUG, "DEBUG")
        logger.setLevel(logging.DEBUG if debug else logging.INFO)
        logger.propagate = False

    async def serve(self) -> None:
        """Serve on the running loop until a signal arrives, then drain and return."""
        metrics = Metrics()
        tutor = self.make_tutor(metrics)
        authenticator = self._make_authenticator(metrics)
        if isinstance(authenticator, NoAuthenticator):
            log("no token required", level="warning")
        settings = self.settings(raise_file_limit())
        store = await open_store(self.database(), metrics.committed)
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
            async with (
                self._serving_metrics(metrics),
                self._reading_tokens_anew(authenticator, server),
            ):
                if not await _starts_before(stop, server):
                    return
                spare_what_is_loaded()
                self._is_serving = True
                try:
                    announce(f"listening on {server.url}\n")
                    await stop.wait()
                finally:
                    await server.close()
        finally:
            await store.close()

    def _make_authenticator(self, metrics: Metrics) -> Authenticator:
        token, secret = (os.environ.get(name, "") for name in (TOKEN_VARIABLE, JWT_SECRET_VARIABLE))
        jwt = JWTOptions(
            self.jwt_audience,
            self.jwt_issuer,
            self.jwt_groups_claim,
            self.jwt_jwks_url,
            self.jwt_key_file,
            self.jwt_secret_file,
            secret.strip(),
        )
        return make_authenticator(self.auth, self.token_file, token, jwt, metrics=metrics)

    def make_tutor(self, metrics: Metrics | None = None) -> Tutor:
        """Make the tutor that the option ``tutor`` names. Raises BadSetting if that fails."""
        if self.tutor == "echo":
            return EchoTutor(pace=self.pace)
        if self.tutor == "lesson":
            return self._make_lessons()
        if self.tutor == "openai":
            return self._make_model_tutor(metrics)
        return import_tutor(self.tutor, parent=self)

    def _make_lessons(self, *, has_voice: bool = False) -> LessonTutor:
        from .tutors.lesson import LessonTutor  # it costs as much as the rest of a server

        files = self.lessons or None, self.pace, self.errors or None, self.course or None
        return LessonTutor(*files, has_voice=has_voice)

    def _make_model_tutor(self, metrics: Metrics | None) -> OpenAITutor:
        """With lessons, they are taught; a course alone has none."""
        lessons = self._make_lessons(has_voice=True) if self.lessons else None
        try:
            with _stop_at_warnings(self.log):
                return OpenAITutor(lessons, self.course or None, metrics=metrics, parent=self)
        except TraitError as error:
            raise BadSetting(f"--tutor openai: {error}") from error

    def settings(self, files: int) -> Settings:
        """The settings that the options make. ``files``: how many files this process may open; 0 if
        that is not known.
        """
        return Settings(
            base_url=self.base_url,
            origins=web_origins(self.origins),
            spread=self.spread,
            welcomes=self.welcomes,
            single_user=self.single_user,
            insecure_no_auth=self.insecure_no_auth,
            trusted_proxies=networks(self.trusted_proxies),
            rate=self.rate,
            new_sessions=self.new_sessions,
            sessions=self.sessions,
            stored=round(self.stored * 2**20),
            erased_days=self.erased_days,
            keep_days=self.keep_days,
            keep_context_days=self.keep_context_days,
            readable_by_teachers=self.readable_by_teachers,
            handshakes=self.handshakes,
            connections=max(files - _OTHER_FILES, files // 2),
        )

    @contextlib.asynccontextmanager
    async def _serving_metrics(self, metrics: Metrics) -> AsyncIterator[None]:
        """On their own port, if there is one. Raises CannotListen."""
        if self.metrics_port is None:
            yield
            return
        async with await listen_for_metrics(self.host, self.metrics_port, metrics) as listening:
            log("metrics listening", port=listening.sockets[0].getsockname()[1])
            yield

    @contextlib.asynccontextmanager
    async def _reading_tokens_anew(
        self, authenticator: Authenticator, server: Server
    ) -> AsyncIterator[None]:
        """On SIGHUP read the token file. Without one the signal has no effect."""
        hangup = on_signals("SIGHUP")

        async def read_anew() -> None:
            while await hangup.wait():
                hangup.clear()
                if self.token_file and isinstance(authenticator, TokenAuthenticator):
                    await self._read_tokens_anew(authenticator, server)
                else:
                    log("nothing to read anew")

        reading = asyncio.create_task(read_anew())
        try:
            yield
        finally:
            reading.cancel()

    async def _read_tokens_anew(self, authenticator: TokenAuthenticator, server: Server) -> None:
        """Read the token file. A faulty one changes nothing."""
        try:
            tokens = await asyncio.to_thread(read_tokens, Path(self.token_file))
            gone = authenticator.replace(tokens)
        except BadSetting as error:
            log("token file refused", level="error", reason=str(error))
        else:
            log("token file read", tokens=len(tokens), gone=len(gone))
            server.close_accounts(gone)

    def database(self) -> str | Path:
        """The URL or path of the database."""
        # Not the notebooks' database: each tutor answers every message that waits in its file.
        url = self.db_url or os.environ.get(DB_VARIABLE, "")
        return url or default_database().with_name("server.sqlite")

    def _write_config(self) -> None:
        path = Path.cwd() / f"{CONFIG}.py"
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


async def _starts_before(stop: asyncio.Event, server: Server) -> bool:
    """Start the server. Returns False, and starts no further, if ``stop`` is set before it has."""
    starting = asyncio.create_task(server.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    log("server stopped")
    return False


@contextlib.contextmanager
def _stop_at_warnings(logger: logging.Logger) -> Iterator[None]:
    """Raise SystemExit with the first warning, when the block is done. The logger prints none:
    the same one comes several times."""
    said: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        is_warning = record.levelno == logging.WARNING
        if is_warning:
            said.append(record.getMessage())
        return not is_warning

    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)
    if said:
        sys.exit(f"tutor-widget serve: {said[0]} See --help-all.")


main = TutorServer.launch_instance
