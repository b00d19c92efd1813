"""Tokens, and the accounts that they prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.servers.peers import peer, serving
from tutor_widget.server import Account, BadSetting, Denied, TokenAuthenticator
from tutor_widget.server.auth import read_tokens

pytestmark = pytest.mark.timeout(150)


async def test_a_token_that_all_share_makes_no_accounts(tmp_path: Path) -> None:
    """Only ids tell learners apart, so a short one is refused; with accounts it is not."""
    for authenticator, token, fine in (
        (TokenAuthenticator({"": "shared"}), "shared", False),
        (TokenAuthenticator({"ada": "hers"}), "hers", True),
    ):
        async with (
            serving(tmp_path / "db", authenticator=authenticator) as server,
            peer(server.url, token) as client,
        ):
            await client.say_hello("algebra")
            if fine:
                await client.next("welcome")
            else:
                assert (await client.ending())[0] == 4403


async def accounts(authenticator: TokenAuthenticator, *credentials: str) -> list[str | int]:
    """The name of the account that each proves, or the status with which it is denied."""
    found: list[str | int] = []
    for one in credentials:
        match await authenticator.authenticate({"Authorization": one}):
            case Account(name):
                found.append(name)
            case Denied(status):
                found.append(status)
    return found


async def test_each_token_proves_its_own_account() -> None:
    """The order of tokens does not matter, and nothing else proves an account."""
    authenticator = TokenAuthenticator({"ada": "t1", "alan": "t2"})
    given = [f"Bearer {token}" for token in ("t1", "t2", "t", "t12", "")]
    assert await accounts(authenticator, *given, "t1") == ["ada", "alan", 401, 401, 401, 401]
    denied = await authenticator.authenticate({})
    assert isinstance(denied, Denied)
    assert (denied.status, denied.retry_after) == (401, None)


async def test_a_token_may_have_any_characters() -> None:
    """HTTP carries its bytes as ISO 8859-1."""
    authenticator = TokenAuthenticator({"ada": "schlüssel"})
    sent = "schlüssel".encode().decode("latin-1")
    assert await accounts(authenticator, f"Bearer {sent}", "Bearer \u4e2d") == ["ada", 401]


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
    path.write_bytes(b"ada \xff")
    with pytest.raises(BadSetting, match="Save it as UTF-8"):
        read_tokens(path)
    with pytest.raises(BadSetting, match="cannot be read"):
        read_tokens(tmp_path / "missing")


def test_two_accounts_with_one_token_are_named_by_their_lines(tmp_path: Path) -> None:
    """Else one of them would open the other's conversations. The sentence holds no token."""
    path = tmp_path / "tokens"
    path.write_text("# class 7b\nada secret-1\nalan secret-2\n\ngrace secret-1\n")
    with pytest.raises(BadSetting, match="lines 2 and 5: two accounts have the same token") as no:
        read_tokens(path)
    assert "secret" not in str(no.value)
    with pytest.raises(BadSetting, match="same token"):
        TokenAuthenticator({"ada": "t", "alan": "t"})


def test_an_account_with_two_tokens_is_named_with_its_lines(tmp_path: Path) -> None:
    """The sentence holds no token."""
    path = tmp_path / "tokens"
    path.write_text("alan secret-1\nann secret-2\n# class 7b\nann secret-3\n")
    with pytest.raises(BadSetting, match="lines 2 and 4: account 'ann' has two tokens") as no:
        read_tokens(path)
    assert "secret" not in str(no.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_token_file_may_begin_with_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    """Some editors write one. It is no part of the first account's name."""
    path = tmp_path / "tokens"
    path.write_text("zoë t1\n", encoding=encoding)
    assert read_tokens(path) == {"zoë": "t1"}


def test_a_comment_in_a_token_file_may_be_indented(tmp_path: Path) -> None:
    """It is no token: else the first line of the file would let a client in."""
    path = tmp_path / "tokens"
    path.write_text("  # shared\nsecret\n")
    assert read_tokens(path) == {"": "secret"}


async def test_another_list_takes_the_place_of_the_first() -> None:
    """It says which accounts are gone. One whose token alone changed is not."""
    authenticator = TokenAuthenticator({"ada": "t1", "alan": "t2"})
    assert authenticator.replace({"ada": "t3", "grace": "t4"}) == {"alan"}
    given = [f"Bearer t{number}" for number in range(1, 5)]
    assert await accounts(authenticator, *given) == [401, 401, "ada", "grace"]


@pytest.mark.parametrize("faulty", [{"": "shared"}, {"ada": "t", "alan": "t"}, {}])
async def test_a_faulty_list_changes_nothing(faulty: dict[str, str]) -> None:
    """The present tokens stay valid."""
    authenticator = TokenAuthenticator({"ada": "t1"})
    with pytest.raises(BadSetting):
        authenticator.replace(faulty)
    assert await accounts(authenticator, "Bearer t1", "Bearer t") == ["ada", 401]
    assert authenticator.has_accounts
