"""The form that takes a teacher's token, and the button that takes her cookie back."""

from __future__ import annotations

import re
from typing import Final

from tutor_widget.dashboard.auth.tokens import TokenSignIn
from tutor_widget.server.logs import audit

from .headers import address_of, cookie_kwargs
from .page import Public

__all__ = ["SignIn", "SignOut"]

_NEXT: Final = re.compile(r"[A-Za-z0-9._~/?=&%+-]*")


class _TokenPage(Public):
    @property
    def sign_in(self) -> TokenSignIn:
        authenticator = self.desk.authenticator
        assert isinstance(authenticator, TokenSignIn)
        return authenticator

    def next_page(self, given: str) -> str:
        """Where to go after the sign-in: a page of the dashboard, whatever the address says."""
        base = self.desk.base
        is_ours = given.startswith(base) and not given[len(base) :].startswith("/")
        if is_ours and "//" not in given and _NEXT.fullmatch(given):
            return given
        return base


class SignIn(_TokenPage):
    """The form."""

    tab = "sign_in"

    def get(self) -> None:
        if self.teacher is not None:
            self.redirect(self.next_page(self.get_query_argument("next", "")))
            return
        self._show(200)

    def post(self) -> None:
        address = address_of(self, self.desk.options.trusted_proxies)
        token = self.typed("token").strip()
        match self.sign_in.sign_in(self, token, address, cookie_kwargs(self)):
            case True:
                self.redirect(self.next_page(self.get_body_argument("next", "")), status=303)
            case False:
                self._show(403, "errors.no_such_token")
            case None:
                self.set_header("Retry-After", "60")
                self._show(429, "errors.too_many_attempts")

    def _show(self, status: int, fault: str = "") -> None:
        next_page = self.next_page(self.get_argument("next", ""))
        notes = [self.note(fault)] if fault else []
        self.show("sign_in", status, next_page=next_page, notes=notes)


class SignOut(_TokenPage):
    """The button."""

    def post(self) -> None:
        if self.teacher is not None:
            audit("dashboard signed out", by=self.teacher.name)
        self.sign_in.sign_out(self)
        self.redirect(self.desk.base, status=303)
