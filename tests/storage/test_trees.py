"""Trees in every kind of storage: whole or not there, and never sent twice."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from kfbridge.errors import StorageError
from kfbridge.storage import Storage, Transfer
from kfbridge.storage.errors import DamagedError
from kfbridge.storage.objects import ObjectStorage
from kfbridge.storage.tree import MANIFEST


def make(folder: Path, files: Mapping[str, bytes | None]) -> Path:
    """A folder with these files; None makes an empty folder."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def content(folder: Path) -> dict[str, bytes | None]:
    """What `make` was given."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if not path.is_dir() or not any(path.iterdir())
    }


TREE: dict[str, bytes | None] = {
    "one": b"1",
    "deep/er/two": b"22",
    "empty file": b"",
    "empty/folder": None,
    "ünï/日本 #?%41+.bin": b"\0\xff",
    "large": os.urandom(17_000_000),
    "UPPER": b"U",
    "upper": b"u",
}


def test_a_tree_comes_back_as_it_went(opened: Storage, tmp_path: Path) -> None:
    source = make(tmp_path / "source", TREE)
    (source / "one").chmod(0o755)
    told: list[Transfer] = []
    opened.put_tree(source, "a/tree", progress=told.append)
    size = sum(len(data) for data in TREE.values() if data is not None)
    assert told[-1] == Transfer(7, size, 7, size)
    assert opened.exists("a/tree")
    files = [f"a/tree/{name}" for name, data in TREE.items() if data is not None]
    assert sorted(entry.name for entry in opened.list("a")) == sorted(files)

    told.clear()
    opened.get_tree("a/tree", tmp_path / "target", progress=told.append)
    assert told[-1] == Transfer(7, size, 7, size)
    assert content(tmp_path / "target") == content(source)
    assert os.access(tmp_path / "target/one", os.X_OK) and not os.access(tmp_path / "target/UPPER", os.X_OK)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_an_empty_folder_is_a_tree(opened: Storage, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    opened.put(tmp_path / "source", "tree")
    assert opened.exists("tree")
    opened.get("tree", tmp_path / "target")
    assert content(tmp_path / "target") == {}


def test_a_tree_takes_the_place_of_an_earlier_one(opened: Storage, tmp_path: Path) -> None:
    opened.put_tree(make(tmp_path / "old", {"kept": b"1", "gone": b"2", "changed": b"3", "was-empty": None}), "tree")
    opened.put_tree(make(tmp_path / "new", {"kept": b"1", "changed": b"4", "more": b"5"}), "tree")
    assert sorted(entry.name for entry in opened.list("tree")) == ["tree/changed", "tree/kept", "tree/more"]
    make(tmp_path / "target", {"in the way": b"x"})
    opened.get("tree", tmp_path / "target")
    assert content(tmp_path / "target") == {"changed": b"4", "kept": b"1", "more": b"5"}


def test_links_are_followed_and_those_to_nothing_are_named(opened: Storage, tmp_path: Path) -> None:
    source = make(tmp_path / "source", {"file": b"data", "folder/inner": b"in"})
    (source / "link").symlink_to("file")
    (source / "other").symlink_to("folder")
    opened.put_tree(source, "tree")
    opened.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == {
        "file": b"data",
        "folder/inner": b"in",
        "link": b"data",
        "other/inner": b"in",
    }
    (source / "broken").symlink_to("nothing")
    with pytest.raises(StorageError, match="broken cannot be read"):
        opened.put_tree(source, "tree2")
    (source / "broken").unlink()
    (source / "folder" / "up").symlink_to("..")
    with pytest.raises(StorageError, match="leads back to a folder that it lies in"):
        opened.put_tree(source, "tree2")
    os.mkfifo(tmp_path / "pipe")
    (source / "folder" / "up").unlink()
    (source / "pipe").symlink_to(tmp_path / "pipe")
    with pytest.raises(StorageError, match="neither a file nor a folder"):
        opened.put_tree(source, "tree2")
    assert not opened.exists("tree2")


def test_a_tree_without_its_manifest_is_not_there(opened: Storage, tmp_path: Path) -> None:
    if not isinstance(opened, ObjectStorage):
        pytest.skip("a folder is renamed as a whole")
    opened.put_tree(make(tmp_path / "source", {"a": b"1", "b/c": b"2"}), "tree")
    opened.delete(f"tree{MANIFEST}")
    assert not opened.exists("tree")
    with pytest.raises(DamagedError, match="never written to its end") as raised:
        opened.get_tree("tree", tmp_path / "target")
    assert raised.value.where == opened.locate("tree")
    assert not (tmp_path / "target").exists()
    opened.get_tree("tree", tmp_path / "target", foreign=True)  # as it is, for who asks for that
    assert content(tmp_path / "target") == {"a": b"1", "b/c": b"2"}


@pytest.mark.parametrize("damage", [b"22", b"", b"2222", None], ids=["other", "empty", "longer", "gone"])
def test_a_damaged_tree_is_never_taken_for_whole(opened: Storage, tmp_path: Path, damage: bytes | None) -> None:
    if not isinstance(opened, ObjectStorage):
        pytest.skip("a folder of this machine keeps no checksums")
    opened.put_tree(make(tmp_path / "source", {"a": b"11", "b": b"21"}), "tree")
    if damage is None:
        opened.delete("tree/b")
    else:
        opened.write_bytes("tree/b", damage)
    with pytest.raises(DamagedError, match=r"is not what was stored|is not there"):
        opened.get_tree("tree", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    opened.put_tree(tmp_path / "source", "tree")
    opened.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == {"a": b"11", "b": b"21"}


def test_many_small_files(opened: Storage, kind: str, tmp_path: Path) -> None:
    count = 1003 if kind.startswith("rclone") else 103  # more than a page of S3's listing; other servers are slow
    files: dict[str, bytes | None] = {f"{n % 10}/{n}.txt": str(n).encode() for n in range(count)}
    opened.put_tree(make(tmp_path / "source", files), "tree")
    assert len(list(opened.list("tree"))) == count
    opened.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == content(tmp_path / "source")
    opened.delete("tree")
    assert list(opened.list()) == []
    assert not opened.exists("tree")
