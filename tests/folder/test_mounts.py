"""What a file system tells, by its kind; and which of them hold the folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from indexer.folder.mounts import Mount, choose, mounts_of
from indexer.model.items import RelPath


@pytest.mark.parametrize(
    ("kind", "silent", "lies"),
    [
        ("ext4", False, False),
        ("btrfs", False, False),
        ("apfs", False, False),
        ("tmpfs", False, False),
        ("overlay", False, False),
        ("vfat", False, True),
        ("exfat", False, True),
        ("fuseblk", False, True),
        ("cifs", True, True),
        ("smb3", True, True),
        ("smbfs", True, True),
        ("nfs4", True, True),
        ("9p", True, True),
        ("drvfs", True, True),
        ("vboxsf", True, True),
        ("fuse.sshfs", True, True),
        ("fuse.rclone", True, True),
        ("davfs", True, True),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="no stamp there tells everything")
def test_kinds(kind: str, silent: bool, lies: bool) -> None:
    mount = Mount(RelPath(""), kind)
    assert (mount.is_silent, mount.stamps_may_lie) == (silent, lies)


PARTITIONS = [
    ("/", "ext4"),
    ("/mnt", "tmpfs"),
    ("/mnt/team", "cifs"),
    ("/mnt/team/Sales/archive", "nfs4"),
    ("/mnt/team/Büro/usb", "vfat"),
    ("/mnt/teams", "xfs"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="paths as other systems have them")
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/home/me", [("", "ext4")]),
        ("/mnt/other", [("", "tmpfs")]),
        ("/mnt/team", [("", "cifs"), ("Büro/usb", "vfat"), ("Sales/archive", "nfs4")]),
        ("/mnt/team/Sales", [("", "cifs"), ("archive", "nfs4")]),
        ("/mnt/teams", [("", "xfs")]),
    ],
)
def test_which_hold_a_folder_and_which_lie_in_it(folder: str, expected: list[tuple[str, str]]) -> None:
    assert [(mount.path, mount.kind) for mount in choose(folder, PARTITIONS)] == expected


def test_of_two_at_one_place_the_later_one_counts() -> None:
    assert choose("/a/b", [("/", "ext4"), ("/a", "xfs"), ("/a", "nfs")])[0].kind == "nfs"


def test_here(tmp_path: Path) -> None:
    (own, *_) = mounts_of(tmp_path)
    assert own.path == ""
    assert own.kind
