"""Tokens, and the accounts that they prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.servers.peers import peer, serving
from tutor_widget.server import BadSetting, TokenAuthenticator
from tutor_widget.server.auth import read_tokens

pytestmark = pytest.mark.timeout(150)


async def test_a_token_that_all_share_makes_no_accounts(tmp_path: Path) -> None:
    """Only ids tell learners apart, so a short one is refused; with accounts it is not."""
    for authenticator, token, fine in (
        (TokenAuthenticator({"": "shared"}), "shared", False),
        (TokenAuthenticator({"ada": "hers"}), "hers", True),
    ):
        async with (
            serving(tmp_path / "db", base_url="/tutor/", authenticator=authenticator) as server,
            peer(server.url, token) as client,
        ):
            await client.say_hello("algebra")
            if fine:
                await client.next("welcome")
            else:
                assert (await client.ending())[0] == 4403


def test_each_token_proves_its_own_account() -> None:
    """The order of tokens does not matter, and nothing else proves an account."""
    authenticator = TokenAuthenticator({"ada": "t1", "alan": "t2"})
    tokens = ("t1", "t2", "t", "t12", "")
    accounts = [authenticator.account(f"Bearer {token}") for token in tokens]
    assert accounts == ["ada", "alan", None, None, None]
    assert authenticator.account("t1") is None
    assert authenticator.account(None) is None


def test_a_token_file_is_one_token_or_one_for_each_account(tmp_path: Path) -> None:
    """Anything else is an error with file and line, and without a token."""
    path = tmp_path / "tokens"
    path.write_text("# shared\n\n  one-token \n")
    assert read_tokens(path) == {"": "one-token"}
    path.write_text("ada t1\nalan t2\n")
    assert read_tokens(path) == {"ada": "t1", "alan": "t2"}
    for text in ("a b c", "ada t1\nada t2", "ada t1\nt2", "t1\nt2", "# nothing"):
        path.write_text(text)
        with pytest.raises(BadSetting, match="tokens") as caught:
            read_tokens(path)
        assert "t2" not in str(caught.value)
    with pytest.raises(BadSetting, match="cannot be read"):
        read_tokens(tmp_path / "missing")


def test_a_comment_in_a_token_file_may_be_indented(tmp_path: Path) -> None:
    """It is no token: else the first line of the file would let a client in."""
    path = tmp_path / "tokens"
    path.write_text("  # shared\nsecret\n")
    assert read_tokens(path) == {"": "secret"}
