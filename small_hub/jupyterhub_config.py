"""The small hub: read by JupyterHub, with what `SmallHub` puts into the environment."""

import os
import sys
from pathlib import Path

from tutor_widget.cli import lab

c = get_config()  # type: ignore[name-defined]  # noqa: F821
HOME = Path(os.environ["SMALL_HUB_HOME"])

load_subconfig(os.environ["SMALL_HUB_TUTOR"])  # type: ignore[name-defined]  # noqa: F821

c.JupyterHub.bind_url = os.environ["SMALL_HUB_URL"]
c.JupyterHub.hub_bind_url = os.environ["SMALL_HUB_HUB_URL"]
c.JupyterHub.db_url = f"sqlite:///{HOME}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(HOME / "cookie_secret")
# The proxy is a program of its own: it and the servers of users outlive a restart of the hub.
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = os.environ["SMALL_HUB_PROXY_API"]
c.JupyterHub.cleanup_servers = False

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["SMALL_HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(HOME / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
# JupyterLab neither asks about news nor looks for them.
c.Spawner.environment.update({"JUPYTER_CONFIG_PATH": lab.environment()["JUPYTER_CONFIG_PATH"]})
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []

# For whoever sets the stage: makes users and groups, and mints tokens.
c.JupyterHub.services.append({"name": "stage", "api_token": os.environ["SMALL_HUB_KEY"]})
c.JupyterHub.load_roles.append(
    {
        "name": "stage",
        "services": ["stage"],
        "scopes": ["admin:users", "admin:groups", "admin:servers", "tokens", "proxy"],
    }
)
