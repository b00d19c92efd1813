"""What a hub needs for the tutor, to be loaded by jupyterhub_config.py (docs/operating.md)."""

import os

c = get_config()  # noqa: F821

# Where the hub's proxy finds the server, and where notebooks find it.
TUTOR_URL = os.environ.get("TUTOR_URL", "http://127.0.0.1:8765")
TUTOR_CHAT_URL = os.environ.get("TUTOR_CHAT_URL", "https://hub.example.edu/services/tutor/")
SCOPE = "access:services!service=tutor"

c.JupyterHub.services.append({"name": "tutor", "url": TUTOR_URL, "display": False})
c.JupyterHub.extra_user_scopes = {SCOPE}  # every user may use it
c.Spawner.environment.update({"TUTOR_CHAT_URL": TUTOR_CHAT_URL})


def mint_tutor_token(spawner):
    """Give the notebooks of a server a token that opens the tutor, and nothing else."""
    user, note = spawner.user.orm_user, f"tutor: {spawner.name}"
    for token in user.api_tokens:  # of this server's last start
        if token.note == note:
            spawner.db.delete(token)
    token = user.new_api_token(note=note, scopes=[SCOPE])
    spawner.environment = {**spawner.environment, "TUTOR_CHAT_TOKEN": token}


c.Spawner.pre_spawn_hook = mint_tutor_token
