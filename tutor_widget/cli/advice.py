"""What to do about a connection that fails, for a terminal, which has no button and no cell."""

from __future__ import annotations

from typing import Final

from tutor_widget import words
from tutor_widget.codes import Code

_ADDRESS: Final = "Check the address of the tutor."
_TOKEN: Final = "Correct it or pass a token."
_VARIABLE: Final = "Correct that variable."
_UPDATE: Final = "Update tutor_widget. Tell the person who runs the tutor."
_ADVICE: Final[dict[Code, str]] = {
    "no_tutor": _ADDRESS,
    "not_a_tutor": _ADDRESS,
    "redirected": _ADDRESS,
    "redirected_to": "Use that address, if it is the tutor's. If you must sign in there, do that.",
    "proxy_malformed": _VARIABLE,
    "proxy_without_scheme": _VARIABLE,
    "proxy_scheme": _VARIABLE,
    "proxy_needs_socks": "Install python-socks, or name an http:// proxy.",
    "http_status": _ADDRESS,
    "unusable_address": _ADDRESS,
    "name_not_found": "Check that this computer is online and that the address is spelt right.",
    "bad_certificate": "Check the address and this computer's clock, or ask who runs the tutor.",
    "sign_in": "Sign in again or pass a new token.",
    "no_token": _TOKEN,
    "bad_token": _TOKEN,
    "bad_variable": _TOKEN,
    "not_let_in": "Tell the person who runs the tutor.",
    "not_understood": _UPDATE,
    "not_understood_because": _UPDATE,
    "taken_over": "Connect again to take it back.",
}
"""Where the page's advice names its button or the cell."""


def advice_for(code: str) -> str:
    """The advice for a code of `Policy.advice`; ``""`` for none."""
    return _ADVICE.get(code) or words.advice(code)  # type: ignore[call-overload]
