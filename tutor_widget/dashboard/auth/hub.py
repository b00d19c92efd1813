"""Users of a JupyterHub, by its own OAuth. Needs the package jupyterhub, the hub's."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final

from tornado.web import HTTPError, RequestHandler

from tutor_widget.dashboard.roles import Teacher
from tutor_widget.server.settings import BadSetting

from .contract import Route
from .scopes import teacher_of

__all__ = ["HubSignIn"]

_FRESH: Final = 60
"""Seconds for which the hub is not asked again whose a cookie is, and what its user may do."""


class HubSignIn:
    """Signs in users of the hub that the environment names. ``key`` is secret.

    ``table``: the teachers of each group, if the operator has named them.
    Raises BadSetting if jupyterhub is not installed.
    """

    signs_out = False

    def __init__(
        self, base_url: str, key: bytes, table: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        auth, self.mixin, callback = _classes()
        self._auth = auth(base_url=base_url, cache_max_age=_FRESH)
        self._callback = type("Callback", (callback,), {"hub_auth": self._auth})
        self._table = table
        secret = hmac.digest(key, b"dashboard cookies of a hub", "sha256")
        self.settings: dict[str, Any] = {"cookie_secret": secret.hex()}

    def routes(self) -> list[Route]:
        return [Route("oauth_callback", self._callback)]

    async def identify(self, handler: RequestHandler) -> Teacher | None:
        """The hub's user whose cookie came. One without the scopes is a stranger."""
        handler.hub_auth = self._auth  # type: ignore[attr-defined]  # of the mixin
        # An open page asks again and again, and is to hear of what has changed.
        vars(handler).pop("_cached_hub_user", None)
        try:
            user = await self._auth.get_user(handler, sync=False)
        except HTTPError as error:
            raise HTTPError(503 if error.status_code >= 500 else error.status_code) from None
        if user is None:
            return None
        if user.get("kind") != "user":
            return Teacher(str(user.get("name")))
        return teacher_of(user["name"], user["scopes"], self._table)

    def sign_in_url(self, handler: RequestHandler) -> str:
        handler.hub_auth = self._auth  # type: ignore[attr-defined]
        url: str = handler.get_login_url()
        return url


def _classes() -> tuple[Any, type, type]:
    try:
        from jupyterhub.services.auth import (
            HubOAuth,
            HubOAuthCallbackHandler,
            HubOAuthenticated,
        )
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "jupyterhub":
            raise
        raise BadSetting(
            "--auth hub needs the package jupyterhub, in the version of the hub: "
            "pip install jupyterhub"
        ) from None
    return HubOAuth, HubOAuthenticated, HubOAuthCallbackHandler
