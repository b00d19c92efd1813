"""What a JupyterHub tells a service in its environment, or an operator in the hub's place.

Half of it ends the start: a server that guessed the rest would let the wrong people in, or nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec

from tutor_widget.server.settings import BadSetting

__all__ = ["HubService", "hub_service", "service_address", "service_prefix"]

_API: Final = "JUPYTERHUB_API_URL"
_SCOPES: Final = "JUPYTERHUB_OAUTH_ACCESS_SCOPES"
_PREFIX: Final = "JUPYTERHUB_SERVICE_PREFIX"
_ADDRESS: Final = "JUPYTERHUB_SERVICE_URL"
_IS: Final = {
    _API: "the address of the hub's API, such as http://127.0.0.1:8081/hub/api",
    _SCOPES: "a JSON list of the scopes of which a token needs one, such as "
    '["access:services!service=tutor"]',
    _PREFIX: "the path under which the hub's proxy reaches this server, such as /services/tutor/, "
    "unless --base-url says it",
    _ADDRESS: "where the hub's proxy finds this server, such as http://127.0.0.1:8765",
}


@dataclass(frozen=True, slots=True)
class HubService:
    """A service of a hub: the hub's API, and the scopes of which a token needs one."""

    api_url: str
    scopes: frozenset[str]


def hub_service(environment: Mapping[str, str]) -> HubService:
    """The service that the environment describes. Raises BadSetting with the faulty variable."""
    url = _value(environment, _API)
    _check_url(_API, url, ("http", "https"))
    try:
        scopes = msgspec.json.decode(_value(environment, _SCOPES), type=frozenset[str])
    except msgspec.DecodeError:
        scopes = frozenset()
    if not scopes or "" in scopes:
        raise _faulty(_SCOPES)
    return HubService(url, scopes)


def service_prefix(environment: Mapping[str, str]) -> str:
    """The path of the service. Raises BadSetting."""
    return _value(environment, _PREFIX)


def service_address(environment: Mapping[str, str]) -> tuple[str, int] | None:
    """Host and port at which the hub's proxy expects the server, if it is said. Raises BadSetting.

    A hub says so to a service that it starts.
    """
    if not environment.get(_ADDRESS):
        return None
    return _check_url(_ADDRESS, environment[_ADDRESS], ("http",))


def _value(environment: Mapping[str, str], name: str) -> str:
    if value := environment.get(name, "").strip():
        return value
    raise BadSetting(
        f"--auth hub needs ${name}, which is not set. It is {_IS[name]}. A hub sets it for a "
        "service that it starts; for any other, set it yourself."
    )


def _check_url(name: str, text: str, schemes: tuple[str, ...]) -> tuple[str, int]:
    """Host and port of a URL."""
    try:
        url = urlsplit(text.strip())
        port = url.port or {"https": 443}.get(url.scheme, 80)
    except ValueError:
        raise _faulty(name) from None
    if url.scheme not in schemes or not url.hostname or url.username or url.query or url.fragment:
        raise _faulty(name)
    return url.hostname, port


def _faulty(name: str) -> BadSetting:
    """Does not quote the value, which may hold a password."""
    return BadSetting(f"--auth hub: ${name} is not understood. It is {_IS[name]}.")
