"""What an operator configures for `--auth jwt`, and the sentences about a half of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public

from tests.support.servers.issuer import AUDIENCE, ISSUER, SECRET, Issuer, claims, pem, private_key
from tutor_widget.server import Account, BadSetting
from tutor_widget.server.auth import JWTOptions, make_authenticator


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "needs --jwt-audience"),
        ({"secret": SECRET}, "needs --jwt-audience"),
        ({"audience": "tutor"}, "no key is configured.*--jwt-jwks-url.*TUTOR_JWT_SECRET"),
        (
            {"audience": "tutor", "secret": SECRET, "key_file": "k"},
            r"--jwt-key-file and \$TUTOR_JWT_SECRET are configured",
        ),
        ({"audience": "tutor", "secret": "short" * 6}, "has 30 bytes.*at least 32"),
        ({"audience": "tutor", "key_file": "missing"}, "missing cannot be read"),
        ({"audience": "tutor", "jwks_url": "http://x/"}, "--jwt-jwks-url: an https://"),
    ],
)
def test_half_a_configuration_is_a_sentence(given: dict[str, Any], sentence: str) -> None:
    """It names the option, and quotes no secret."""
    with pytest.raises(BadSetting, match=sentence) as no:
        make_authenticator("jwt", "", "", JWTOptions(**given))
    assert "secret-of" not in str(no.value)
    assert "shortshort" not in str(no.value)


@pytest.mark.parametrize("engine", ["", "none", "tokens"])
def test_a_secret_that_nobody_asks_for_is_a_sentence(engine: str) -> None:
    """Else the server would be open, or closed, otherwise than was meant."""
    for option, sentence in (
        ({"secret": SECRET}, r"\$TUTOR_JWT_SECRET is set, but --auth jwt is not"),
        ({"audience": "tutor", "key_file": "k"}, "--jwt-audience is set"),
        ({"groups_claim": "roles"}, "--jwt-groups-claim is set"),
    ):
        with pytest.raises(BadSetting, match=sentence):
            make_authenticator(engine, "", "", JWTOptions(**option))


def test_tokens_and_signed_tokens_are_a_contradiction() -> None:
    """The server does not choose for itself who may come in."""
    for tokens in (("class", ""), ("", "token")):
        with pytest.raises(BadSetting, match="--auth jwt, but tokens are configured"):
            make_authenticator("jwt", *tokens, JWTOptions(audience="tutor", secret=SECRET))


def private_pem(name: str) -> str:
    return (
        private_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    )


def other_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, Public.SubjectPublicKeyInfo).decode()


FAULTY = {
    "nothing": ("", "holds no public key"),
    "words": ("my key", "holds no public key"),
    "a broken key": (pem("ec").replace("M", "N"), "holds no public key"),
    "a private key": (private_pem("ec"), "holds a private key"),
    "a short key": (other_pem(rsa.generate_private_key(65537, 1024)), "2048 to 8192 bits"),
    "another curve": (other_pem(ec.generate_private_key(ec.SECP384R1())), "the curve P-256"),
}


@pytest.mark.parametrize(("text", "sentence"), FAULTY.values(), ids=FAULTY.keys())
def test_a_file_without_a_fit_key_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """It names the file, and says which keys are fit."""
    path = tmp_path / "key.pem"
    path.write_text(text)
    with pytest.raises(BadSetting, match=sentence) as no:
        make_authenticator("jwt", "", "", JWTOptions(audience="tutor", key_file=str(path)))
    assert str(path) in str(no.value)


async def test_keys_come_from_files(tmp_path: Path) -> None:
    """A secret as text, with or without the end of its line; a public key as PEM."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "key.pem").write_text(pem("rsa"))
    for option, token in (
        ({"secret_file": str(tmp_path / "secret")}, jwt.encode(claims(), SECRET, "HS256")),
        ({"secret": SECRET}, jwt.encode(claims(), SECRET, "HS256")),
        ({"key_file": str(tmp_path / "key.pem")}, Issuer().token("rsa")),
    ):
        made = make_authenticator("jwt", "", "", JWTOptions(AUDIENCE, ISSUER, **option))
        found = await made.authenticate({"Authorization": f"Bearer {token}"})
        assert isinstance(found, Account)
        assert (made.has_accounts, found.name) == (True, "ada")


def test_no_options_show_their_secret() -> None:
    """Not in a traceback either."""
    assert SECRET not in repr(JWTOptions(secret=SECRET))
