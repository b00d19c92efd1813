"""What kind of file system the database is on."""

from __future__ import annotations

from pathlib import Path

from tutor_widget.server.store.sqlite.filesystem import kind_of_mount


def test_the_kind_of_a_mount() -> None:
    """The longest mount point decides; FUSE may hide a network and counts as one."""
    mounts = [
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "23 22 0:20 / /home rw,nosuid shared:1 - nfs4 server:/home rw",
        "24 23 0:21 / /home/me/with\\040space rw - tmpfs tmpfs rw",
        "25 22 0:22 / /mnt rw - fuse.sshfs host: rw",
        "nonsense",
    ]
    kinds = {
        "/tmp/db": "ext4",
        "/home/you/db": "nfs4",
        "/home/me/with space/db": "tmpfs",
        "/homework/db": "ext4",
        "/mnt/db": "nfs",
    }
    for path, kind in kinds.items():
        assert kind_of_mount(Path(path), mounts) == kind
