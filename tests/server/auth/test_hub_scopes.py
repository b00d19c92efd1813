"""Which scopes of a token meet those that the tutor requires."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.servers.scripted_hub import SCOPE
from tutor_widget.server.auth.hub.judge import meet


@pytest.mark.parametrize(
    ("required", "held", "meets"),
    [
        ({SCOPE}, {SCOPE}, True),
        ({SCOPE}, {"access:services"}, True),
        ({SCOPE}, {"access:services!service=tutors"}, False),
        ({SCOPE}, {"access:services!service=Tutor"}, False),
        ({SCOPE}, {"access:services!server=tutor"}, False),
        ({SCOPE}, {"access:servers", "admin:users", "inherit", "self"}, False),
        ({SCOPE}, set(), False),
        ({"access:services"}, {SCOPE}, False),
        ({SCOPE, "access:services!service=b"}, {"access:services!service=b"}, True),
        ({"access:servers!server=ada/x"}, {"access:servers!user=ada"}, True),
        ({"access:servers!server=ada/"}, {"access:servers!server=ada/x"}, False),
        ({"access:servers!user=ada"}, {"access:servers!server=ada/x"}, False),
        ({"access:servers!user=ada"}, {"access:servers!group=7b"}, False),
    ],
)
def test_scopes_that_meet(required: set[str], held: set[str], meets: bool) -> None:
    """One of those that are required is enough; it may be held by a wider one."""
    assert meet(required, held) is meets


BASES = st.sampled_from(["access:services", "access:servers", "read:users"])
LIMITS = st.sampled_from(
    ["", "!service=a", "!service=b", "!user=u", "!user=v", "!server=u/", "!server=u/x", "!group=g"]
)
SCOPES = st.frozensets(st.builds(str.__add__, BASES, LIMITS), max_size=4)


@pytest.mark.slow  # the hub's library takes long to import
@pytest.mark.filterwarnings("ignore:.*combinations of filters present")
@settings(deadline=None)
@given(SCOPES, SCOPES)
def test_scopes_are_compared_as_the_hub_compares_them(
    required: frozenset[str], held: frozenset[str]
) -> None:
    """With JupyterHub's own rule, in its library for services."""
    from jupyterhub.services.auth import check_scopes

    assert meet(required, held) is bool(check_scopes(required, held))
