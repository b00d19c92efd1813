"""What a hub needs for the tutor and the dashboard: read by JupyterHub, with what `Dashboard` puts
into the environment. Teachers of 7b are the group teachers-7b."""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821
ROOT = Path(os.environ["SMALL_HUB_ROOT"])
load_subconfig(str(ROOT / "docs" / "jupyterhub_config.py"))  # type: ignore[name-defined]  # noqa: F821

READ, WRITE = "custom:tutor:read", "custom:tutor:write"
ACCESS = "access:services!service=tutor-dashboard"
c.JupyterHub.custom_scopes = {
    READ: {"description": "See what the tutor's learners are stuck on"},
    WRITE: {"description": "Write to the tutor's learners"},
}
c.JupyterHub.services.append(
    {
        "name": "tutor-dashboard",
        "url": os.environ["DASHBOARD_URL"],
        "api_token": os.environ["DASHBOARD_TOKEN"],
        "oauth_no_confirm": True,
        # A teacher's cookie carries of these what the teacher has.
        "oauth_client_allowed_scopes": [READ, WRITE],
    }
)
c.JupyterHub.load_groups = {"teachers-7b": {"users": []}, "heads": {"users": []}}
c.JupyterHub.load_roles.extend(
    [
        {
            "name": "teacher-7b",
            "groups": ["teachers-7b"],
            "scopes": [f"{READ}!group=7b", f"{WRITE}!group=7b", ACCESS],
        },
        {"name": "head", "groups": ["heads"], "scopes": [READ, ACCESS]},
    ]
)
# Here every user may open its address, to see what the dashboard itself says to learners.
c.JupyterHub.extra_user_scopes = {*c.JupyterHub.extra_user_scopes, ACCESS}
