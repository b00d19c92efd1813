"""The file of tokens, and the form that takes one."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.children import until
from tests.support.servers.dashboard import TOKENS, Dashboard
from tutor_widget.dashboard.auth.attempts import Attempts
from tutor_widget.dashboard.auth.tokens import digest_of, read_teachers
from tutor_widget.server.settings import BadSetting


def write(folder: Path, text: str) -> Path:
    path = folder / "teachers"
    path.write_text(text, "utf-8")
    return path


def test_a_line_names_a_teacher_a_role_and_groups(tmp_path: Path) -> None:
    """What has a space stands in quotes. No token is kept."""
    teachers = read_teachers(write(tmp_path, TOKENS))
    lovelace = teachers[digest_of("token-of-lovelace")]
    assert (lovelace.name, lovelace.writes) == ("Ms. Lovelace", frozenset({"7b"}))
    turing = teachers[digest_of("token-of-turing")]
    assert (turing.reads, turing.writes) == (frozenset({"7b", "8a"}), frozenset())
    assert "token-of" not in repr(teachers)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "holds no token"),
        ("# nobody\n\n", "holds no token"),
        ("ada secret", "a name, a token, a role"),
        ("ada 'secret write 7b", "a name, a token, a role"),
        ("ada secret own 7b", "the role is read or write"),
        ("ada secret write", "name the groups of 'ada'"),
        ("ada secret write 7b\nbob secret read 8a", "line 2: an earlier line has the same token"),
        ("'a\x07da' secret write 7b", "printable"),
        ("'' secret write 7b", "a name of 1 to 80"),
        (f"{'a' * 81} secret write 7b", "a name of 1 to 80"),
    ],
)
def test_a_faulty_file_is_named_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    """And no token is quoted."""
    with pytest.raises(BadSetting) as raised:
        read_teachers(write(tmp_path, text))
    assert fault in str(raised.value)
    assert "secret" not in str(raised.value)


def test_attempts_that_fail_are_counted_by_address() -> None:
    """Ten in a row, then five a minute; nobody else has to wait."""
    attempts = Attempts()
    for _ in range(10):
        assert attempts.admits("10.0.0.1", 0)
        attempts.failed("10.0.0.1", 0)
    assert not attempts.admits("10.0.0.1", 1)
    assert attempts.admits("10.0.0.2", 1)
    assert attempts.admits("10.0.0.1", 13)


def test_a_teacher_signs_in_and_out(start: Callable[..., Dashboard]) -> None:
    """Without a cookie every page leads to the form, and from there back."""
    dashboard = start()
    browser = dashboard.browser()
    page = browser.open("reports?x=1")
    assert page.url == f"{dashboard.url}sign-in?next=%2Freports%3Fx%3D1"
    assert browser.send(page, "sign-in", token="guess").status == 403
    page = browser.send(page, "sign-in", token=" token-of-lovelace\n", next=page.hidden("next"))
    assert page.url == f"{dashboard.url}reports?x=1"
    assert "Ms. Lovelace" in page.text
    browser.send(page, "sign-out")
    assert browser.open("reports").url.startswith(f"{dashboard.url}sign-in")
    said = [(line["event"], line.get("by")) for line in dashboard.audits()]
    assert said[0] == ("dashboard sign-in refused", None)
    assert said[1] == ("dashboard signed in", "Ms. Lovelace")
    assert said[-1] == ("dashboard signed out", "Ms. Lovelace")


def test_a_cookie_is_for_this_service_alone(start: Callable[..., Dashboard]) -> None:
    """No script reads it, no other site sends it with a form; it holds no token."""
    dashboard = start("--base-url=/teach/")
    browser = dashboard.browser()
    page = browser.open("teach/sign-in")
    browser.send(page, "teach/sign-in", token="token-of-lovelace")
    assert {cookie.path for cookie in browser.cookies} == {"/teach/"}
    (cookie,) = [each for each in browser.cookies if each.name == "tutor_dashboard"]
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    assert not cookie.secure  # on loopback there is no TLS
    assert "token-of-lovelace" not in str(cookie.value)
    assert browser.open("teach/held", Host="teach.example").status == 403


def test_a_sign_in_leads_to_no_other_site(start: Callable[..., Dashboard]) -> None:
    """Whatever the address says."""
    dashboard = start()
    for place in ("//evil.example/", "https://evil.example/", "/\\evil.example", "/x//evil"):
        browser = dashboard.browser()
        page = browser.open("sign-in")
        page = browser.send(page, "sign-in", token="token-of-turing", next=place)
        assert page.url == f"{dashboard.url}class"


def test_guesses_are_limited(start: Callable[..., Dashboard]) -> None:
    """After ten the right token is not taken either, for a while."""
    browser = start().browser()
    page = browser.open("sign-in")
    found = [browser.send(page, "sign-in", token=f"guess {n}").status for n in range(11)]
    assert found == [403] * 10 + [429]
    refused = browser.send(page, "sign-in", token="token-of-turing")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert "Too many attempts" in refused.text


@pytest.mark.parametrize("by_signal", [True, False], ids=["SIGHUP", "restart"])
def test_a_token_that_is_taken_out_of_the_file_signs_nobody_in(
    start: Callable[..., Dashboard], tmp_path: Path, by_signal: bool
) -> None:
    """Also whoever has a cookie; the others stay signed in."""
    dashboard = start()
    turing, lovelace = dashboard.browser("turing"), dashboard.browser("lovelace")
    (file,) = tmp_path.glob("teachers-*")
    file.write_text("\n".join(line for line in TOKENS.splitlines() if "turing" not in line))
    if by_signal:
        dashboard.send_signal(signal.SIGHUP)
        until(lambda: "token file read" in dashboard.log.read_text())
    else:
        dashboard.kill()
        dashboard.start()
    assert lovelace.open("held").url.endswith("/held")
    assert "/sign-in" in turing.open("held").url
