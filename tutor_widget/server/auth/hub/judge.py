"""What the hub's answer to ``GET /user`` means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Final

import msgspec

from tutor_widget.server.auth.contract import Account, Denied

__all__ = ["UNKNOWN", "NoAnswer", "judge", "meet"]

UNKNOWN: Final = Denied(401, "A valid bearer token of the hub is required.")
_NO_PERSON: Final = Denied(
    403, "This token belongs to a service of the hub. The tutor is for its users."
)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
"""What an account or a group may be called. PostgreSQL stores no NUL."""


class NoAnswer(Exception):
    """The hub has not said whose the token is. The text says what came, and quotes nothing."""


class _User(msgspec.Struct):
    """What is read of a user model. Every hub since JupyterHub 2 sends these."""

    kind: str
    name: str
    scopes: list[str]
    groups: list[str] = []


def judge(status: int, body: bytes, required: Set[str]) -> Account | Denied:
    """The account of a token by the answer to it, or why it is refused. Raises NoAnswer.

    ``required``: scopes, of which the token must meet one.
    """
    if status in (401, 403):  # the hub says 403 to a token that it does not know
        return UNKNOWN
    if status != 200:
        raise NoAnswer(f"status {status}")
    try:
        user = msgspec.json.decode(body, type=_User)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NoAnswer("no user model") from None
    if user.kind != "user":  # a service may have the name of a user
        return _NO_PERSON
    if _NAME.fullmatch(user.name) is None:
        raise NoAnswer("no name of a user")
    if not meet(required, frozenset(user.scopes)):
        return _without(required)
    return Account(user.name, frozenset(filter(_NAME.fullmatch, user.groups)))


def _without(required: Iterable[str]) -> Denied:
    scopes = " or ".join(sorted(required))
    return Denied(403, f"This token is not for this tutor. It needs the hub's scope {scopes}.")


def meet(required: Iterable[str], held: Set[str]) -> bool:
    """Whether the scopes that a token holds meet any that is required, as JupyterHub compares them.

    A scope without a filter holds all that one with a filter does, and a user all of the user's
    servers. Who is in which group is not known: a group's scope meets that group's only.
    """
    return any(not held.isdisjoint(_at_least(scope)) for scope in required)


def _at_least(scope: str) -> Iterable[str]:
    """The scope, and those that hold all that it does."""
    base, _, limit = scope.partition("!")
    yield from (scope, base)
    kind, _, server = limit.partition("=")
    if kind == "server":
        yield f"{base}!user={server.partition('/')[0]}"
