"""The choice of an authenticator, as an operator writes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import BadSetting

from .contract import Authenticator
from .hub import HubAuthenticator, hub_service
from .jwt import JWTOptions, make_jwt
from .none import NoAuthenticator
from .tokens import TokenAuthenticator, read_tokens

__all__ = ["TOKEN_VARIABLE", "make_authenticator"]

TOKEN_VARIABLE: Final = "TUTOR_SERVER_TOKEN"


def make_authenticator(
    engine: str,
    token_file: str,
    token: str,
    jwt: JWTOptions | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    metrics: Metrics | None = None,
) -> Authenticator:
    """The authenticator ``engine``; ``""`` is ``tokens`` if a token or a file of them is given.

    ``hub`` reads what the hub says in the ``environment``. Checks that are more than a look into a
    list are counted in ``metrics``.

    Raises BadSetting for an unknown engine, for a faulty file or environment, and if engine and
    options contradict or are incomplete.
    """
    token, jwt = token.strip(), jwt or JWTOptions()
    if engine != "jwt" and (given := jwt.given):
        raise BadSetting(
            f"{given[0]} is set, but --auth jwt is not, so no signed token would be asked for. Add "
            "it, or remove the other."
        )
    match engine or ("tokens" if token_file or token else "none"):
        case "none" | "hub" as other if token_file or token:
            raise BadSetting(
                f"--auth {other}, but tokens are configured by --token-file or ${TOKEN_VARIABLE}. "
                "Remove the one or the other."
            )
        case "none":
            return NoAuthenticator()
        case "hub":
            return HubAuthenticator(hub_service(environment), metrics=metrics)
        case "tokens" if token_file:
            return TokenAuthenticator(read_tokens(Path(token_file)))
        case "tokens" if token:
            return TokenAuthenticator({"": token})
        case "tokens":
            raise BadSetting(
                "--auth tokens, but no token is configured. Name a file with --token-file, or set "
                f"${TOKEN_VARIABLE}."
            )
        case "jwt" if token_file or token:
            raise BadSetting(
                f"--auth jwt, but tokens are configured by --token-file or ${TOKEN_VARIABLE}. "
                "Remove the one or the other."
            )
        case "jwt":
            return make_jwt(jwt, metrics)
        case unknown:
            raise BadSetting(f"--auth {unknown}: none, tokens, hub or jwt is expected.")
