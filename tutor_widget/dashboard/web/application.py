"""Which page is where."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tornado.web import Application, RequestHandler, StaticFileHandler, url

from tutor_widget.network import is_loopback

from . import held, learners, live, overviews, reports, sign_in
from .class_pages import Class, Concepts, Misconceptions
from .desk import Desk
from .headers import HEADERS
from .page import Checked, Public

__all__ = ["STATIC", "application"]

_HERE: Final = Path(__file__).parent.parent
STATIC: Final = _HERE / "static"
"""The page's script and style, built from js/src/dashboard."""
_KEY: Final = r"(\d{1,18})"
_ID: Final = r"([A-Za-z0-9_-]{1,64})"
_PAGES: Final[dict[str, type[Public]]] = {
    "": overviews.Home,
    "class": Class,
    "misconceptions": Misconceptions,
    "concepts": Concepts,
    "held": held.Held,
    f"held/{_KEY}/{_ID}": held.Release,
    "reports": reports.Reports,
    f"reports/{_KEY}/{_ID}": reports.OneReport,
    "waiting": overviews.Waiting,
    "learners": learners.Learners,
    f"learners/{_KEY}": learners.Conversation,
    "live": live.Live,
}
_SIGN_IN: Final[dict[str, type[Public]]] = {
    "sign-in": sign_in.SignIn,
    "sign-out": sign_in.SignOut,
}


def application(desk: Desk) -> Application:
    """The pages of this desk."""
    base, authenticator = desk.base, desk.authenticator
    pages = _PAGES | (_SIGN_IN if authenticator.signs_out else {})
    routes: list[Any] = [
        url(base + path, _page(handler, authenticator.mixin), {"desk": desk})
        for path, handler in pages.items()
    ]
    routes += [url(base + route.path, _headed(route.handler)) for route in authenticator.routes()]
    routes.append(url(f"{base}static/([a-z]+\\.(?:js|css|svg))", _Static, {"path": str(STATIC)}))
    return Application(
        routes,
        desk=desk,
        base_url=base,
        on_loopback=is_loopback(desk.options.host or ""),
        template_path=str(_HERE / "templates"),
        xsrf_cookies=True,
        default_handler_class=_page(_NotFound, authenticator.mixin),
        default_handler_args={"desk": desk},
        log_function=lambda _handler: None,  # an address may hold what somebody searched for
        **authenticator.settings,
    )


def _page(handler: type[Public], mixin: type) -> type[RequestHandler]:
    """The handler with what the authenticator adds to every handler."""
    bases = (Checked, handler) if mixin is object else (Checked, mixin, handler)
    return type(handler.__name__, bases, {"__module__": handler.__module__})


def _headed(handler: type[RequestHandler]) -> type[RequestHandler]:
    """A handler that is not ours, with what a browser is told about every page."""
    return type(handler.__name__, (_Headed, handler), {})


class _Headed:
    def set_default_headers(self) -> None:
        assert isinstance(self, RequestHandler)
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")


class _NotFound(Public):
    async def prepare(self) -> None:
        await super().prepare()
        self.send_error(404)


class _Static(_Headed, StaticFileHandler):
    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")
