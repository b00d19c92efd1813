"""The catalogues of words, from the kernel's side: a sentence for each code, and no other."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import tutor_widget
from tutor_widget import errors, words
from tutor_widget.cli.advice import advice_for
from tutor_widget.codes import Code
from tutor_widget.session import Ending, Kind, policy_for
from tutor_widget.session.queue.outgoing import REFUSALS

PACKAGE = Path(tutor_widget.__file__).parent
LANGUAGES = sorted(words.languages())
CODES = frozenset(get_args(Code))
NUMBERS = [0, 1000, 1001, 1002, 1005, 1006, 1009, 1011, 1012, 1013, 1014, 1015, 4400, 4401, 4403]
NUMBERS += [4404, 4408, 4409, 4410, 4429, 301, 401, 403, 404, 408, 425, 429, 500, 502, 503]
PROXY = {"variable": "https_proxy", "proxy": "proxy.example.org:3128", "status": 407}
PASSING: list[Code] = ["no_tls", "tls_expected", "proxy_refused", "proxy_unreachable"]
LASTING: list[Code] = [
    "proxy_malformed", "proxy_without_scheme", "proxy_scheme", "proxy_needs_socks"
]  # fmt: skip
"""What is wrong on the way to a tutor, and can be put right by people."""
UNTRANSLATED = {"detail", "id"}
"""Arguments that mean little to a learner who reads another language: it may leave them out."""

each_language = pytest.mark.parametrize("language", LANGUAGES)


def endings() -> Iterator[Ending]:
    """Every kind of ending, with every number that a policy looks at."""
    for kind in Kind:
        for number in NUMBERS:
            for detail in ("", "why"):
                args = {"fault": "hole"} if kind is Kind.CONTRADICTED else {}
                yield Ending(kind, number, detail, args=args)
    yield Ending(Kind.HTTP, 301, args={"location": "https://example.org/"})
    for cause in PASSING:
        yield Ending(Kind.LOST, cause=cause, args=PROXY)
    for cause in LASTING:
        yield Ending(Kind.MALFORMED, cause=cause, args=PROXY)


def places(template: str) -> set[str]:
    return {name for name, _ in re.findall(r"\{(\w+)(:,)?\}", template)}


def english(code: str) -> str:
    template: str = words.catalogue("en")["sentences"][code]
    return template


def calls() -> Iterator[ast.Call]:
    """Every call in the package's code."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield node


def constants() -> set[str]:
    """Every string in the package's code but the list of codes itself."""
    return {
        node.value
        for path in PACKAGE.rglob("*.py")
        if path.name != "codes.py" and path.relative_to(PACKAGE).parts[:2] != ("server", "net")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


# --- codes and sentences ------------------------------------------------------------------------


@each_language
def test_every_code_has_a_sentence_in_every_language(language: str) -> None:
    """Nothing that the kernel can say is without words, and no catalogue says more."""
    sentences = words.catalogue(language)["sentences"]
    assert sentences.keys() == CODES
    assert all(sentences.values())


def test_every_code_is_emitted() -> None:
    """A code that no longer stands in the code is missed here."""
    assert CODES - constants() == set()


@each_language
def test_a_sentence_has_the_places_of_the_english_one(language: str) -> None:
    """Each argument is shown, but for text that is English anyway, and no other is asked for."""
    for code, template in words.catalogue(language)["sentences"].items():
        expected = places(english(code))
        assert places(template) <= expected, code
        assert expected - places(template) <= UNTRANSLATED, code


@each_language
def test_every_language_advises_on_the_same_codes(language: str) -> None:
    """What can be done does not depend on the language."""
    advice = words.catalogue(language)["advice"]
    assert advice.keys() == words.catalogue("en")["advice"].keys()
    assert advice.keys() < CODES
    assert not any(places(text) for text in advice.values())


def test_who_has_a_wrong_address_is_told_where_to_correct_it() -> None:
    """The address stands in the cell; only where it may be right can another attempt help."""
    wrong: list[Code] = ["no_tutor", "not_a_tutor", "redirected", "http_status", "unusable_address"]
    for code in wrong:
        assert "in the cell" in words.advice(code)
        assert ("Reconnect now" in words.advice(code)) == (code != "unusable_address")
    for never_answered in ("name_not_found", "connection_refused"):
        assert "in the cell" in words.advice(never_answered)


def test_every_ending_fills_its_sentence_and_its_advice() -> None:
    """Whatever way a connection ends, the places are filled, and what is advised has words."""
    policies = [policy_for(ending) for ending in endings()]
    assert len({policy.code for policy in policies}) > 25
    for policy in policies:
        assert policy.code in CODES
        if policy.code != "bad_certificate":  # OpenSSL always says why
            assert places(english(policy.code)) <= policy.args.keys(), policy
        assert words.sentence(policy.code, policy.args).endswith(".")
        assert bool(words.advice(policy.advice)) == bool(policy.advice)
    assert {policy.advice for policy in policies} | {
        "bad_token",
        "bad_variable",
        "connection_refused",
        "",
    } == (words.catalogue("en")["advice"].keys() | {""})


def test_every_error_fills_the_places_of_its_sentence() -> None:
    """Each place where one is raised with a code gives all of the code's arguments, by name."""
    classes = {name for name in errors.__all__ if name != "close_reason"} | {"BadToken"}
    raised = set()
    for call in calls():
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        code = keywords(call).get("code")
        if name in classes and isinstance(code, ast.Constant):
            raised.add(code.value)
            assert places(english(str(code.value))) <= keywords(call).keys(), code.value
    assert len(raised) > 12


def test_every_cause_and_notice_fills_the_places_of_its_sentence() -> None:
    """So does the shell where it knows a cause more exactly, and where it warns."""
    causes, notices = set(), set()
    for call in calls():
        match call:
            case ast.Call(func=ast.Name("Ending")) if isinstance(
                cause := keywords(call).get("cause"), ast.Constant
            ):
                causes.add(cause.value)
                given = set(keywords(call))
                if isinstance(args := keywords(call).get("args"), ast.Dict):
                    given |= {str(key.value) for key in args.keys if isinstance(key, ast.Constant)}
                assert places(english(str(cause.value))) <= given, cause.value
            case ast.Call(
                func=ast.Name("Notice"), args=[ast.Constant(str(code)), ast.Dict(keys=keys)]
            ):
                notices.add(code)
                given = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
                assert places(english(code)) == given, code
            case _:
                pass
    assert len(causes) > 5
    attachments = {code for code in CODES if code.startswith("attachment_")}
    journals = {"journal_damaged", "not_erased", "not_read", "not_saved", "folder_of_another"}
    assert notices == journals | attachments


def test_a_refusal_needs_no_arguments() -> None:
    """A server's code comes without: its sentences have no places."""
    assert not any(places(english(code)) for code in REFUSALS)


# --- English in the kernel ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "args", "sentence"),
    [
        ("http_status", {"status": 4040}, "No tutor at this address (HTTP status 4040)."),
        ("queue_full", {"waiting": 1000}, "1,000 messages wait already,"),
        ("embedded_failed", {"detail": "{status}"}, "cannot start: {status}"),
        ("embedded_failed", {}, "cannot start: "),
        ("of_a_later_version", {"x": 1}, ""),
        ("", {}, ""),
    ],
)
def test_a_code_becomes_a_sentence(code: str, args: dict[str, Any], sentence: str) -> None:
    """Places are filled once, counted numbers are grouped, and an unknown code has no words."""
    said = words.sentence(code, args)
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_an_error_with_a_code_says_its_sentence() -> None:
    """To people it is the catalogue's sentence, to programs the code with its arguments."""
    error = errors.Refused(code="message_too_long", length=40_000, limit=32_768)
    assert str(error).startswith("The message has 40,000 characters; the tutor takes 32,768.")
    assert (error.code, error.params) == (
        "message_too_long",
        {"length": 40_000, "limit": 32_768},
    )
    assert errors.Refused("As the server says.", code="too_long").args == ("As the server says.",)
    assert errors.Misuse("A mistake.").code == ""


def test_a_terminal_names_no_button() -> None:
    """What a page advises to press is another advice in a terminal; the rest is the same."""
    for code, text in words.catalogue("en")["advice"].items():
        assert advice_for(code)
        assert "Reconnect now" not in advice_for(code)
        assert "cell" not in advice_for(code)
        names_page = "Reconnect now" in text or "cell" in text or "notebook" in text
        assert names_page or advice_for(code) == text
    assert advice_for("") == ""


# --- languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["de-AT", "en"], "de"),
        (["ZH-hans-cn"], "zh"),
        (["tlh", "fr"], "fr"),
        (["en-GB", "de"], "en"),
        (["../words/de"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_there_is_wins(tags: list[str], language: str) -> None:
    """Regions are looked over; what there is no catalogue of is passed over."""
    assert words.choose(tags) == language


def test_english_costs_nothing_to_send() -> None:
    """The page has it; any other comes with the sentences and the advice."""
    assert words.for_browser("en") is None
    german = words.for_browser("de")
    assert german is not None
    assert german["badge"]["connected"] == "Verbunden"
    assert german["sentences"]["sign_in"] == "Bitte melde dich neu an."
    assert german["advice"]["sign_in"].startswith("Melde dich neu an")


@pytest.mark.parametrize(
    ("language", "formal"),
    [
        ("fr", r"\b(vous|votre|vos)\b|\w\w[^hs]ez\b"),
        ("de", r"\b(?<![.:] )(?<!^)(Sie|Ihnen|Ihr|Ihre)\b"),
        ("es", r"\b(usted|ustedes)\b"),
    ],
)
def test_a_learner_is_spoken_to_as_a_friend(language: str, formal: str) -> None:
    """The page says *tu* and *du*, as the tutor and its lessons do; a teacher's dashboard does
    not."""
    catalogue = json.loads((PACKAGE / "words" / f"{language}.json").read_text(encoding="utf-8"))
    del catalogue["dashboard"]
    said = re.findall(r'": "(.*)"', json.dumps(catalogue, ensure_ascii=False, indent=1))
    assert said
    assert [
        one for one in said if re.search(formal, one, re.IGNORECASE if language == "fr" else 0)
    ] == []
