"""What an operator says of a dashboard, and what is wrong with it: half of it ends the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Literal

from tutor_widget.server.auth.hub import service_address, service_prefix
from tutor_widget.server.settings import BadSetting

__all__ = ["Options", "checked"]

_CLIENT: Final = "JUPYTERHUB_CLIENT_ID"
_TOKEN: Final = "JUPYTERHUB_API_TOKEN"
_SECRETS: Final = {
    _CLIENT: "the name of this service at the hub's OAuth, such as service-tutor-dashboard",
    _TOKEN: "the token of this service",
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options, as they are given."""

    db_url: str | Path
    auth: Literal["tokens", "hub"] | None = None
    token_file: Path | None = None
    groups_file: Path | None = None
    host: str | None = None
    port: int | None = None
    base_url: str | None = None
    lessons: Path | None = None
    readable_by_teachers: bool = False
    """Whether conversations may be read. What their learners were told is in each of them."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()


def checked(options: Options, environment: Mapping[str, str]) -> Options:
    """The options with all that follows from others. Raises BadSetting, a sentence."""
    if options.auth is None and options.token_file is not None:
        options = replace(options, auth="tokens")
    if options.auth is None:
        raise BadSetting(
            "Say who may sign in: --auth tokens with --token-file FILE, or --auth hub."
        )
    if options.auth == "tokens":
        _check_tokens(options)
    else:
        options = _of_hub(options, environment)
    return replace(
        options,
        host=options.host or "127.0.0.1",
        port=8766 if options.port is None else options.port,
        base_url=_base(options.base_url or "/"),
    )


def _check_tokens(options: Options) -> None:
    if options.token_file is None:
        raise BadSetting(
            "--auth tokens needs --token-file: a file with a line 'name token role groups…' for "
            "each teacher."
        )
    if options.groups_file is not None:
        raise BadSetting(
            "--groups-file is for --auth hub: in a token file each line names the groups."
        )


def _of_hub(options: Options, environment: Mapping[str, str]) -> Options:
    if options.token_file is not None:
        raise BadSetting("--token-file is for --auth tokens: with --auth hub people sign in there.")
    for name, meaning in _SECRETS.items():
        if not environment.get(name, "").strip():
            raise BadSetting(
                f"--auth hub needs ${name}, which is not set. It is {meaning}. A hub sets it for a "
                "service that it starts; for any other, set it yourself."
            )
    host, port = service_address(environment) or (None, None)
    return replace(
        options,
        base_url=options.base_url or service_prefix(environment),
        host=options.host or host,
        port=port if options.port is None else options.port,
    )


def _base(path: str) -> str:
    """The path with a slash at both ends."""
    inner = path.strip("/")
    if not all(part and part not in (".", "..") for part in inner.split("/")) and inner:
        raise BadSetting(f"--base-url {path!r}: a path such as /services/dashboard/ is expected.")
    return f"/{inner}/" if inner else "/"
