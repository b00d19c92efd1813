"""The dashboard's process: the store, what follows it, and the web server, until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import os
from functools import partial
from pathlib import Path
from typing import Final

from tornado.httpserver import HTTPServer

from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.logs import log
from tutor_widget.server.process import announce, log_what_libraries_print, on_signals
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.store import Store, open_store
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Lesson, load_lessons
from tutor_widget.server.tutors.watched import Watched

from .auth import Authenticator
from .auth.scopes import read_groups
from .auth.tokens import TokenSignIn, read_teachers
from .follow import Follower, open_figures
from .options import Options, checked
from .web import Desk, application

__all__ = ["serve"]

_MOST_BODY: Final = 1 << 20
"""Bytes of a form. Its longest text has 32,768 characters, each of up to 12 bytes when encoded."""
_ENDING: Final = 5.0
"""Seconds in which requests under way may end."""


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Raises BadSetting and StoreError, sentences for operators."""
    options = checked(options, os.environ)
    undo = log_what_libraries_print()
    store = await open_store(options.db_url, must_exist=True)
    try:
        await _serve(options, store)
    finally:
        await store.close()
        undo()


async def _serve(options: Options, store: Store) -> None:
    ending = on_signals("SIGTERM", "SIGINT")
    secret = await store.secret()
    figures = await open_figures(store, _lessons(options.lessons))
    follower = Follower(store, figures=figures)
    desk = Desk(
        options,
        store,
        follower,
        figures,
        _authenticator(options, secret),
        Pseudonyms(secret),
    )
    await desk.follower.start()
    server = _listen(desk)
    following = asyncio.create_task(desk.follower.run())
    ended = asyncio.create_task(ending.wait())
    renewing = asyncio.create_task(_renew(options, desk.authenticator))
    try:
        # Without what follows the store the pages would only grow old: a supervisor starts it anew.
        await asyncio.wait({ended, following}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
    finally:
        ended.cancel()
        renewing.cancel()
        server.stop()
        for stream in [*desk.streams]:
            stream.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDING):
                await server.close_all_connections()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        log("dashboard stopped")


def _lessons(place: Path | None) -> Watched[dict[str, Lesson]]:
    """The lessons, read anew when their files change, as the servers do. Raises BadSetting."""
    return Watched(partial(load_lessons, place or BUILT_IN), [place] if place else [], "lessons")


def _authenticator(options: Options, secret: bytes) -> Authenticator:
    if options.auth == "tokens":
        assert options.token_file is not None
        return TokenSignIn(read_teachers(options.token_file), secret)
    from .auth.hub import HubSignIn

    table = None if options.groups_file is None else read_groups(options.groups_file)
    return HubSignIn(options.base_url or "/", secret, table)


async def _renew(options: Options, authenticator: Authenticator) -> None:
    """Read the token file anew at each SIGHUP. A faulty one changes nothing."""
    hangup = on_signals("SIGHUP")
    while isinstance(authenticator, TokenSignIn) and options.token_file is not None:
        await hangup.wait()
        hangup.clear()
        try:
            authenticator.teachers = read_teachers(options.token_file)
        except BadSetting as error:
            log("token file refused", level="error", reason=str(error))
        else:
            log("token file read", teachers=len(authenticator.teachers))


def _listen(desk: Desk) -> HTTPServer:
    options = desk.options
    server = HTTPServer(application(desk), max_body_size=_MOST_BODY, max_header_size=16 << 10)
    try:
        server.listen(options.port or 0, options.host or "127.0.0.1")
    except OSError as error:
        raise BadSetting(
            f"The dashboard cannot listen on {options.host}:{options.port}: {error.strerror}. "
            "Choose another --port."
        ) from None
    (port, *_) = {socket.getsockname()[1] for socket in server._sockets.values()}
    log("dashboard listens", host=options.host, port=port, auth=options.auth)
    announce(f"The dashboard is at http://{_shown(options.host)}:{port}{options.base_url}\n")
    return server


def _shown(host: str | None) -> str:
    return f"[{host}]" if ":" in (host or "") else host or ""
