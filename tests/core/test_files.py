"""Private files: modes from the first byte, nothing strange in the way, whole or not at all (S1 to S3)."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from my_app.adapters.files import disk_fault, private_folder, read_private, refuse_network, write_private
from my_app.adapters.mounts import network_type, table
from my_app.errors import DiskFault, UnsafeFile
from vault_tools import KEY, login, vault_at

MOUNTS = """/dev/vda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/ada/local ext4 rw 0 0
//nas/x /mnt/my\\040share cifs rw 0 0
C:\\ /mnt/c 9p rw 0 0
me@host: /home/ada/local/far fuse.sshfs rw 0 0
broken
"""


def mode(path: Path) -> int:
    """Permission bits."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_modes_hold_under_any_umask(umask: int, tmp_path: Path) -> None:
    """Folders are 0700 and files 0600, new or rewritten, whatever the umask says (S1)."""
    home = tmp_path / "a" / "b"
    before = os.umask(umask)
    try:
        private_folder(home)
        write_private(home / "file", b"1")
        write_private(home / "file", b"2")
        vault = vault_at(home, key=KEY)
        saved = vault.save(login("work"))
        vault.save(saved)
        with vault.lock("work", timedelta(seconds=5)):
            pass
        vault.export(home / "out", KEY)
    finally:
        os.umask(before)
    for path in (home.parent, *home.parent.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert (home / "file").read_bytes() == b"2"


def test_no_file_is_loose_even_for_a_moment(tmp_path: Path) -> None:
    """Every open that creates a file in our folder asks for 0600: seen by strace, umask 0 (S1)."""
    if not Path("/usr/bin/strace").exists():
        pytest.skip("strace is not installed (it is required in CI)")
    home = tmp_path / "home"
    home.mkdir(0o700)
    log = tmp_path / "log"
    act = Path(__file__).parents[1] / "vault_act.py"
    order = f"umask 0; exec strace -f -o {log} -e trace=openat,mkdir {sys.executable} {act} {home} first"
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(act.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["sh", "-c", order], check=True, capture_output=True, timeout=60, env=environ)
    calls = [line for line in log.read_text().splitlines() if str(home) in line and "= -1 " not in line]
    made = [line for line in calls if "O_CREAT" in line or "mkdir(" in line]
    assert len(made) > 3
    for line in made:
        assert line.rpartition(")")[0].endswith((", 0600", ", 0700")), line


def test_a_loose_folder_of_ours_is_tightened(tmp_path: Path) -> None:
    """A folder that others may enter is repaired (S2)."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    private_folder(home)
    assert mode(home) == 0o700


def test_strange_things_in_the_way_of_a_folder(tmp_path: Path) -> None:
    """A link, a file or a parent that everybody may write to is refused with a hint (S2)."""
    real = tmp_path / "real"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real)
    (tmp_path / "file").touch()
    open_parent = tmp_path / "open"
    open_parent.mkdir()
    open_parent.chmod(0o777)
    for path in (link, tmp_path / "file", open_parent / "home"):
        with pytest.raises((UnsafeFile, DiskFault)) as caught:
            private_folder(path)
        assert caught.value.hint
        assert caught.value.exit_code == 6
    open_parent.chmod(0o1777)
    private_folder(open_parent / "home")


def test_strange_things_in_the_way_of_a_file(tmp_path: Path) -> None:
    """Link, dangling link, FIFO, folder and loose mode are refused; a FIFO does not hang (S2)."""
    good = tmp_path / "good"
    write_private(good, b"x")
    link, dangling, fifo, folder = (tmp_path / name for name in ("link", "dangling", "fifo", "folder"))
    link.symlink_to(good)
    dangling.symlink_to(tmp_path / "none")
    os.mkfifo(fifo, 0o600)
    folder.mkdir()
    for path in (link, dangling, fifo, folder):
        with pytest.raises((UnsafeFile, DiskFault)):
            read_private(path, 100)
        with pytest.raises(UnsafeFile):
            write_private(path, b"y")
    assert good.read_bytes() == b"x"
    assert not (tmp_path / "none").exists()
    good.chmod(0o644)
    with pytest.raises(UnsafeFile, match="Other users") as caught:
        read_private(good, 100)
    assert caught.value.hint == f"Run: chmod 600 {good}"


@pytest.mark.parametrize("place", ["vault.db", "vault.db.bak"])
def test_the_vault_refuses_links_and_loose_modes(place: str, tmp_path: Path) -> None:
    """Vault and copy that are links or loose are refused, and what they point to stays as it is (S2)."""
    vault = vault_at(tmp_path / "a", key=KEY)
    saved = vault.save(login("work"))
    path = tmp_path / "a" / place
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    before = elsewhere.read_bytes()
    path.symlink_to(elsewhere)
    if place == "vault.db":
        with pytest.raises(UnsafeFile, match="link"):
            vault.load("work")
        path.unlink()
        elsewhere.rename(path)
        path.chmod(0o640)
        with pytest.raises(UnsafeFile, match="Other users"):
            vault_at(tmp_path / "a", key=KEY).load("work")
    else:
        vault.save(saved)
        assert elsewhere.read_bytes() == before


def test_reading_is_bounded_and_missing_is_none(tmp_path: Path) -> None:
    """A file over the limit is refused, one that is not there is None."""
    assert read_private(tmp_path / "none", 10) is None
    write_private(tmp_path / "file", b"x" * 11)
    with pytest.raises(UnsafeFile, match="larger"):
        read_private(tmp_path / "file", 10)
    assert read_private(tmp_path / "file", 11) == b"x" * 11


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of somebody else")
def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    """A foreign owner's file or folder is refused (S2)."""
    write_private(tmp_path / "file", b"x")
    os.chown(tmp_path / "file", 12345, -1)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, -1)
    with pytest.raises(UnsafeFile, match="another user"):
        read_private(tmp_path / "file", 10)
    with pytest.raises(UnsafeFile, match="another user"):
        write_private(tmp_path / "file", b"y")
    with pytest.raises(UnsafeFile, match="another user"):
        private_folder(home)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", None),
        ("/home/ada", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/x", None),
        ("/home/ada/local/x", None),
        ("/home/ada/local/far/x", "fuse.sshfs"),
        ("/mnt/my share/x", "cifs"),
        ("/mnt/c/Users", "9p"),
        ("/tmp/x", None),
    ],
)
def test_network_file_systems_by_mount_table(path: str, kind: str | None) -> None:
    """The longest mount point above a path tells what it lies on."""
    assert network_type(path, MOUNTS) == kind


def test_a_network_file_system_refuses_with_a_hint(tmp_path: Path) -> None:
    """The hint names the variable that moves the vault to a local disk; where there is no table nothing is refused."""
    with pytest.raises(UnsafeFile, match="network file system") as caught:
        refuse_network(tmp_path, f"x {tmp_path.parents[0]} nfs rw 0 0\n")
    assert "MY_APP_DATA_DIR" in caught.value.hint
    refuse_network(tmp_path, "")
    refuse_network(tmp_path)
    assert " / " in table()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    """What cannot be written whole is not written at all, and nothing is left beside it (S3)."""
    write_private(tmp_path / "file", b"old")
    code = (
        "import resource, signal, sys; from pathlib import Path; from my_app.adapters.files import write_private;"
        "from my_app.errors import DiskFault;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_private(Path(sys.argv[1]), b'x' * 5000)\n"
        "except DiskFault as fault: sys.exit(fault.exit_code)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "file")], check=False, timeout=60)
    assert done.returncode == 6
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EMFILE, errno.ELOOP])
def test_a_disk_fault_is_one_plain_sentence(number: int) -> None:
    """The sentence names file and cause, the hint says that nothing is lost."""
    fault = disk_fault(OSError(number, "x"), "be written", Path("/a/\x1b[2J"))
    assert fault.message.count(".") == 1
    assert "\x1b" not in fault.message
    assert fault.facts["errno"] == number
    assert "unchanged" in fault.hint


def test_a_link_swapped_in_is_never_followed(tmp_path: Path) -> None:
    """While another program swaps a link in and out, a read gives the real file or refuses and a write never goes through (S2)."""
    target, path, spare = tmp_path / "target", tmp_path / "file", tmp_path / "spare"
    write_private(target, b"stolen")
    write_private(path, b"real")
    code = (
        "import os, sys\n"
        "path, target, spare = sys.argv[1:]\n"
        "while True:\n"
        "    os.symlink(target, spare); os.rename(path, spare + 'x'); os.rename(spare, path)\n"
        "    os.unlink(path); os.rename(spare + 'x', path)\n"
    )
    swapper = subprocess.Popen([sys.executable, "-c", code, str(path), str(target), str(spare)])
    try:
        outcomes = set()
        for number in range(10_000):
            try:
                if number % 50 == 0:
                    write_private(path, b"real")
                outcomes.add(read_private(path, 100))
            except UnsafeFile:
                outcomes.add(b"refused")
    finally:
        swapper.kill()
        swapper.wait(10)
    assert outcomes <= {b"real", b"refused", None}
    assert target.read_bytes() == b"stolen"
