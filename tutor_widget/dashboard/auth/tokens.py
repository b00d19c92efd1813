"""A token for each teacher, in a file, and the cookie that stands for it."""

from __future__ import annotations

import hashlib
import hmac
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tornado.web import RequestHandler

from tutor_widget.dashboard.roles import Teacher
from tutor_widget.server.logs import audit
from tutor_widget.server.settings import BadSetting
from tutor_widget.textfile import UnreadableFile, read_text
from tutor_widget.wire import MAX_NAME

from .attempts import Attempts
from .contract import Route

__all__ = ["COOKIE", "TokenSignIn", "read_teachers"]

COOKIE: Final = "tutor_dashboard"
_DAYS: Final = 0.5
"""For which a cookie is good."""
_MOST_TOKEN: Final = 1024
_ROLES: Final = ("read", "write")


def read_teachers(path: Path) -> dict[bytes, Teacher]:
    """The teachers of a file with a line ``name token role groups…`` each, by their tokens'
    digests.

    The role is ``read`` or ``write``; ``*`` as a group stands for all. What has a space in it is
    written in quotes. Blank lines and lines that begin with ``#`` are skipped. Raises BadSetting;
    its text names file and line, and never a token.
    """
    try:
        lines = read_text(path).splitlines()
    except UnreadableFile as error:
        raise BadSetting(f"The token file {error}") from None
    found: dict[bytes, Teacher] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            digest, teacher = _teacher(line, f"{path}, line {number}")
            if digest in found:
                raise BadSetting(
                    f"{path}, line {number}: an earlier line has the same token. Make a new token "
                    "for one of them."
                )
            found[digest] = teacher
    if not found:
        raise BadSetting(f"The token file {path} holds no token.")
    return found


def _teacher(line: str, place: str) -> tuple[bytes, Teacher]:
    try:
        name, token, role, *groups = shlex.split(line)
    except ValueError:
        raise BadSetting(
            f"{place}: a name, a token, a role (read or write) and groups are expected."
        ) from None
    if role not in _ROLES:
        raise BadSetting(f"{place}: the role is read or write, and comes behind the token.")
    if not groups:
        raise BadSetting(f"{place}: name the groups of {name!r}, or * for all.")
    if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME):
        raise BadSetting(f"{place}: a name of 1 to {MAX_NAME} printable characters is expected.")
    mine = frozenset(groups)
    writes = mine if role == "write" else frozenset[str]()
    return digest_of(token), Teacher(name, mine, writes)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class TokenSignIn:
    """Signs teachers in by the tokens of a file. ``key`` is secret: cookies are made with it."""

    mixin: type = object
    signs_out = True

    def __init__(self, teachers: Mapping[bytes, Teacher], key: bytes) -> None:
        self.teachers = teachers
        self.attempts = Attempts()
        self._key = hmac.digest(key, b"dashboard cookies", "sha256")
        self.settings: dict[str, Any] = {
            "cookie_secret": self._key.hex(),
            # Another service on this host may have a cookie of the usual name.
            "xsrf_cookie_name": "tutor_dashboard_xsrf",
        }

    def routes(self) -> list[Route]:
        """None: the pages `sign-in` and `sign-out` are among the dashboard's own."""
        return []

    async def identify(self, handler: RequestHandler) -> Teacher | None:
        """The teacher whose cookie came, if her token is still in the file."""
        cookie = handler.get_signed_cookie(COOKIE, max_age_days=_DAYS)
        if cookie is None:
            return None
        for digest, teacher in self.teachers.items():
            if hmac.compare_digest(self._name(digest), cookie):
                return teacher
        return None

    def sign_in_url(self, handler: RequestHandler) -> str:
        base: str = handler.settings["base_url"]
        here = handler.request.uri or base
        return f"{base}sign-in?{urlencode({'next': here})}"

    def sign_in(
        self, handler: RequestHandler, token: str, address: str, cookie: Mapping[str, Any]
    ) -> bool | None:
        """Set the cookie for the token's teacher. False: there is none; None: too many attempts.

        ``address``: whose attempts are counted together; ``cookie``: how cookies are set.
        """
        now = time.monotonic()
        if not self.attempts.admits(address, now):
            return None
        digest = digest_of(token[:_MOST_TOKEN])
        # The time of the look-up depends on the digest, which reveals nothing of other tokens.
        if (teacher := self.teachers.get(digest)) is None:
            self.attempts.failed(address, now)
            audit("dashboard sign-in refused")
            return False
        audit("dashboard signed in", by=teacher.name)
        handler.set_signed_cookie(COOKIE, self._name(digest), expires_days=_DAYS, **cookie)
        return True

    def sign_out(self, handler: RequestHandler) -> None:
        """Take the cookie back."""
        handler.clear_cookie(COOKIE, path=handler.settings["base_url"])

    def _name(self, digest: bytes) -> bytes:
        """What a cookie holds: it changes with the token, and does not reveal it."""
        return hmac.digest(self._key, digest, "sha256").hex().encode()
