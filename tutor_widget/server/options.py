"""Every option of the server's program. The help of each is its documentation.

They are options of `TutorServer`: ``--new-sessions 5`` on the command line, and
``c.TutorServer.new_sessions = 5`` in the configuration file.
"""

from __future__ import annotations

import math
import os
from typing import Any, Final

from traitlets import (
    Bool,
    Enum,
    Float,
    HasTraits,
    Int,
    List,
    TraitError,
    Unicode,
    default,
    validate,
)

from tutor_widget.wire import is_blank
from tutor_widget.wire.text import has_surrogate

from .auth import JWT_SECRET_VARIABLE, TOKEN_VARIABLE
from .auth.hub import service_address, service_prefix

__all__ = ["ALIASES", "CONFIG", "DB_VARIABLE", "FLAGS", "ServerOptions"]

CONFIG: Final = "tutor_widget_config"
"""The name of the configuration file, without its suffix."""
DB_VARIABLE: Final = "TUTOR_DB_URL"
"""The environment variable that names the database."""
_LONGEST_NOTICE: Final = 2_000
"""Characters of the notice that teachers can read."""


class ServerOptions(HasTraits):
    """The options, with their defaults and what is wrong with a value."""

    host = Unicode("127.0.0.1", help="The address to listen on.").tag(config=True)
    port = Int(8765, min=0, max=65535, help="The port; 0 for any free one.").tag(config=True)
    base_url = Unicode(
        "/",
        help="The path under which the server is reached, such as /services/tutor/. With auth hub "
        "by default $JUPYTERHUB_SERVICE_PREFIX; so are host and port of $JUPYTERHUB_SERVICE_URL.",
    ).tag(config=True)
    db_url = Unicode(
        help="The database: postgresql://user@host/database, sqlite:////absolute/path, "
        "sqlite:///relative/path, or a path. A password belongs into PGPASSWORD or .pgpass. By "
        f"default what ${DB_VARIABLE} names, or tutor_widget/server.sqlite in Jupyter's data "
        "folder. Servers that share a database must have the same tutor."
    ).tag(config=True)
    origins = List(
        Unicode(),
        help="Origins whose pages may connect, such as https://hub.example.edu; * for all. "
        "Notebooks connect from their kernel and need none.",
    ).tag(config=True)
    tutor = Unicode(
        "lesson",
        help="lesson, openai (a model behind --model-url, with --lessons as their voice), echo, or "
        "module:Class for your own tutor (see docs/tutors.md).",
    ).tag(config=True)
    lessons = Unicode(
        help="A folder of lessons (*.toml), or one file, in place of the built-in ones."
    ).tag(config=True)
    errors = Unicode(
        help="A file of explanations of errors (TOML, see docs/tutors.md) that go before the "
        "built-in ones."
    ).tag(config=True)
    course = Unicode(
        help="The file about the course, with its closed hours (TOML, see docs/tutors.md); by "
        "default course.toml beside the lessons, if it is there."
    ).tag(config=True)
    pace = Float(
        0, min=0, help="Characters a second of the built-in tutors; 0 for all at once."
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
    metrics_port = Int(
        None,
        allow_none=True,
        min=0,
        max=65535,
        help="A port of its own for /metrics, at the same address. Without it only a server that "
        "listens on loopback has that page.",
    ).tag(config=True)
    auth = Unicode(
        help="none: no credentials. tokens: see token_file. hub: tokens of the JupyterHub of which "
        "this server is a service. jwt: signed tokens, see jwt_audience. By default tokens if any "
        "is configured, else none."
    ).tag(config=True)
    jwt_audience = Unicode(
        help="With --auth jwt: the name of this server in the claim aud of tokens. Required."
    ).tag(config=True)
    jwt_issuer = Unicode(
        help="With --auth jwt: what tokens have in the claim iss; by default anything."
    ).tag(config=True)
    jwt_groups_claim = Unicode(
        help="With --auth jwt: the claim with the list of an account's groups; by default groups."
    ).tag(config=True)
    jwt_jwks_url = Unicode(
        help="With --auth jwt: the https address of the issuer's keys (JWKS), for RS256 and ES256."
    ).tag(config=True)
    jwt_key_file = Unicode(
        help="With --auth jwt: a PEM file with the issuer's public key: RSA for RS256, EC on P-256 "
        "for ES256."
    ).tag(config=True)
    jwt_secret_file = Unicode(
        help="With --auth jwt: a file with the secret that is shared with the issuer, for HS256. "
        f"It may be in ${JWT_SECRET_VARIABLE} instead."
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
        "notebook that had it forgets it, too; 0 for as short as possible, a minute.",
    ).tag(config=True)
    keep_days = Float(
        0,
        min=0,
        help="Days after which a conversation that nobody has used is deleted; 0 for never. One "
        "that somebody is connected to stays.",
    ).tag(config=True)
    keep_context_days = Float(
        30,
        min=0,
        help="Days for which cells and errors are kept that learners have attached to messages; 0 "
        "for as long as their conversations.",
    ).tag(config=True)
    readable_by_teachers = Unicode(
        help="Tell learners that teachers can read what they write: Markdown of at most "
        f"{_LONGEST_NOTICE:,} characters, which each conversation shows once, before all else."
    ).tag(config=True)
    spread = Float(
        None,
        allow_none=True,
        min=0,
        max=300,
        help="Over how many seconds clients come back after an outage; by default as many as the "
        "servers need for all learners (see welcomes).",
    ).tag(config=True)
    welcomes = Float(
        800,
        min=1,
        help="Learners a second that a server takes back after an outage; behind a hub and its "
        "proxy about 300.",
    ).tag(config=True)
    token_file = Unicode(
        help="A file with the token that clients must show, or with a line 'account token' for "
        f"each learner. Goes before ${TOKEN_VARIABLE}, and is read anew on SIGHUP."
    ).tag(config=True)
    log_style = Enum(
        ("auto", "text", "json"),
        "auto",
        help="The log on stderr. text: lines for a person. json: an object a line, for programs. "
        "auto: text on a terminal, else json.",
    ).tag(config=True)
    generate_config = Bool(
        False, help=f"Write {CONFIG}.py, with every option explained, and exit."
    ).tag(config=True)

    @default("host")
    def _host_of_service(self) -> str:
        return self._address()[0]

    @default("port")
    def _port_of_service(self) -> int:
        return self._address()[1]

    @default("base_url")
    def _path_of_service(self) -> str:
        return service_prefix(os.environ) if self.auth == "hub" else "/"

    def _address(self) -> tuple[str, int]:
        said = service_address(os.environ) if self.auth == "hub" else None
        return said or ("127.0.0.1", 8765)

    @validate(
        *("rate", "new_sessions", "stored", "spread", "welcomes", "pace"),
        *("erased_days", "keep_days", "keep_context_days"),
    )
    def _finite(self, proposal: dict[str, Any]) -> Any:
        if proposal["value"] is not None and not math.isfinite(proposal["value"]):
            raise TraitError(f"{proposal['trait'].name} is a number, not {proposal['value']}")
        return proposal["value"]

    @validate("readable_by_teachers")
    def _short_notice(self, proposal: dict[str, Any]) -> str:
        text = str(proposal["value"])
        if len(text) > _LONGEST_NOTICE:
            raise TraitError(
                f"readable_by_teachers has {len(text):,} characters, and at most "
                f"{_LONGEST_NOTICE:,} are allowed"
            )
        if has_surrogate(text):
            raise TraitError("readable_by_teachers is not UTF-8")
        if text and is_blank(text):
            raise TraitError("readable_by_teachers is blank: leave it out, or write a sentence")
        return text

    @validate("base_url")
    def _complete_base_url(self, proposal: dict[str, Any]) -> str:
        path = str(proposal["value"]).strip("/")
        if any(character in path for character in "?#% "):
            raise TraitError(f"base_url is a plain path, not {proposal['value']!r}")
        return f"/{path}/" if path else "/"


_OPTIONS: Final = ServerOptions.class_traits(config=True)
ALIASES: Final = {
    name.replace("_", "-"): f"TutorServer.{name}"
    for name, option in _OPTIONS.items()
    if not isinstance(option, Bool)
}
# Traitlets' own `log_format` is another thing: the pattern of its messages.
ALIASES["log-format"] = ALIASES.pop("log-style")
FLAGS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    name.replace("_", "-"): ({"TutorServer": {name: True}}, str(option.help))
    for name, option in _OPTIONS.items()
    if isinstance(option, Bool)
}
