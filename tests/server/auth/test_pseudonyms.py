"""The names that stand for accounts and sessions."""

from __future__ import annotations

from tutor_widget.server.auth import Pseudonyms

KEY = bytes(range(32))


def test_an_account_has_one_pseudonym_under_one_key() -> None:
    """It fits a welcome, and is another one in another database."""
    made = Pseudonyms(KEY).of_account("ada")
    assert made is not None
    assert made == Pseudonyms(KEY).of_account("ada")
    assert len(made) <= 64
    assert "ada" not in made
    assert made != Pseudonyms(bytes(32)).of_account("ada")
    assert made != Pseudonyms(KEY).of_account("alan")


def test_where_there_are_no_accounts_there_is_no_pseudonym() -> None:
    """A welcome then names no account."""
    assert Pseudonyms(KEY).of_account("") is None


def test_a_session_of_the_same_name_in_another_account_has_another_name_in_logs() -> None:
    """Name and account cannot be shifted into each other, and neither can be read."""
    names = Pseudonyms(KEY)
    assert names.of_session("ada", "algebra") != names.of_session("alan", "algebra")
    assert names.of_session("ada", "x") != names.of_session("ad", "ax")
    assert names.of_session("ada", "") != names.of_account("ada")
    assert "algebra" not in names.of_session("ada", "algebra")
    assert names.of_session("ada", "x") != Pseudonyms(bytes(32)).of_session("ada", "x")


def test_any_name_of_an_account_has_a_pseudonym() -> None:
    """A header may hold half a character."""
    assert Pseudonyms(KEY).of_account("\ud800" * 1000)
