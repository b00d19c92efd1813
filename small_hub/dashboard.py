"""The dashboard for teachers as another service of the small hub."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .hub import SmallHub

__all__ = ["CONFIG", "Dashboard"]

CONFIG: Final = Path(__file__).with_name("dashboard_config.py")
"""What a hub is told about the tutor and the dashboard: the `tutor_config` of a `SmallHub`."""
_PATH: Final = "services/tutor-dashboard/"


@dataclass(frozen=True)
class Dashboard:
    """Where it listens, and its token at the hub."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    path: str = _PATH
    """Of its pages, at the hub."""

    @property
    def settings(self) -> dict[str, str]:
        """What `CONFIG` reads of the hub's environment."""
        return {"DASHBOARD_URL": self._url, "DASHBOARD_TOKEN": self.token}

    def environment(self, small: SmallHub, database: Path) -> dict[str, str]:
        """What an operator tells the dashboard about this hub and the tutor's database."""
        return {
            "TUTOR_DB_URL": f"sqlite:///{database}",
            "JUPYTERHUB_API_URL": small.api_url,
            "JUPYTERHUB_API_TOKEN": self.token,
            "JUPYTERHUB_CLIENT_ID": "service-tutor-dashboard",
            "JUPYTERHUB_SERVICE_NAME": "tutor-dashboard",
            "JUPYTERHUB_SERVICE_PREFIX": f"/{self.path}",
            "JUPYTERHUB_SERVICE_URL": self._url,
        }

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
