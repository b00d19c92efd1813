"""What an operator configures for ``--auth jwt``, and what is wrong with a half of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tutor_widget.server.auth.contract import Authenticator
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import BadSetting
from tutor_widget.textfile import UnreadableFile, read_text

if TYPE_CHECKING:
    from .keys import Keys

__all__ = ["JWT_SECRET_VARIABLE", "JWTOptions", "make_jwt"]

JWT_SECRET_VARIABLE: Final = "TUTOR_JWT_SECRET"
_LARGEST: Final = 64 << 10
"""Bytes of a file with a key."""
_PACKAGES: Final = ("jwt", "cryptography", "httpx")


@dataclass(frozen=True, slots=True)
class JWTOptions:
    """The options ``--jwt-…``. The keys come from one of the last four; ``""`` is not given."""

    audience: str = ""
    issuer: str = ""
    groups_claim: str = ""
    """By default ``groups``."""
    jwks_url: str = ""
    key_file: str = ""
    secret_file: str = ""
    secret: str = field(default="", repr=False)

    @property
    def given(self) -> list[str]:
        """The names of the options that are given."""
        others = {"--jwt-audience": self.audience, "--jwt-issuer": self.issuer}
        others["--jwt-groups-claim"] = self.groups_claim
        return [name for name, value in others.items() if value] + self.sources

    @property
    def sources(self) -> list[str]:
        """The names of the options that say where keys come from."""
        places = {
            "--jwt-jwks-url": self.jwks_url,
            "--jwt-key-file": self.key_file,
            "--jwt-secret-file": self.secret_file,
            f"${JWT_SECRET_VARIABLE}": self.secret,
        }
        return [name for name, value in places.items() if value]


def make_jwt(options: JWTOptions, metrics: Metrics | None = None) -> Authenticator:
    """The authenticator ``jwt``. Raises BadSetting; its text names an option, and quotes no key."""
    if not options.audience:
        raise BadSetting(
            "--auth jwt needs --jwt-audience, the name of this tutor in the claim aud of its "
            "tokens. Without it a token for any other service of the issuer would be taken."
        )
    match options.sources:
        case [_]:
            pass
        case []:
            raise BadSetting(
                "--auth jwt, but no key is configured. Name the issuer's keys with --jwt-jwks-url, "
                "a public key with --jwt-key-file, or a secret with --jwt-secret-file or "
                f"${JWT_SECRET_VARIABLE}."
            )
        case several:
            raise BadSetting(
                f"--auth jwt takes its keys from one place, but {' and '.join(several)} are "
                "configured. Remove all but one."
            )
    try:
        from .authenticator import JWTAuthenticator

        keys = _make_keys(options)
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        raise BadSetting(
            "--auth jwt needs packages that are not installed here: "
            'pip install "tutor-widget[jwt]".'
        ) from None
    groups_claim = options.groups_claim or "groups"
    return JWTAuthenticator(keys, options.audience, options.issuer, groups_claim, metrics=metrics)


def _make_keys(options: JWTOptions) -> Keys:
    from .keys import OneKey, public_key, secret_key

    if options.jwks_url:
        from .jwks import KeySet

        return KeySet(options.jwks_url)
    if options.key_file:
        return OneKey(public_key(_read(options.key_file), options.key_file))
    return OneKey(secret_key(_read(options.secret_file) if options.secret_file else options.secret))


def _read(path: str) -> str:
    try:
        return read_text(Path(path), _LARGEST).strip()
    except UnreadableFile as error:
        raise BadSetting(f"The file with the key of --auth jwt: {error}") from None
