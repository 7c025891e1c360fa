"""Which file system a path lies on, by the kernel's mount table."""

from __future__ import annotations

from typing import Final

NETWORK: Final = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cephfs",
        "cifs",
        "coda",
        "davfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "smb2",
        "smb3",
        "smbfs",
    ]
)
"""Types whose locks or fsync do not hold over machines."""
_FUSE: Final = frozenset(["fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs", "fuse.ceph", "fuse.smbnetfs"])


def table() -> str:
    """The mount table of this process, empty where the kernel has none to read (macOS, Windows)."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - a kernel file, read as it is
            return file.read()
    except OSError:
        return ""


def network_type(path: str, mounts: str) -> str | None:
    """The type of the network file system under the absolute ``path``, or None for a local one. Pure."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _plain(fields[1])
        # A later line of equal length was mounted on top of the earlier one.
        if len(point) >= len(best) and (path == point or path.startswith(point.rstrip("/") + "/")):
            best, kind = point, fields[2]
    return kind if kind in NETWORK or kind in _FUSE else None


def _plain(point: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, char)
    return point
