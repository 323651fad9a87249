"""Files in every kind of storage: the same calls, the same outcome."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfbridge.backends.k8s.door.linked import LinkedStorage
from kfbridge.errors import StorageError
from kfbridge.storage import Storage, Transfer, open_storage
from kfbridge.storage.errors import ObjectMissingError, UnfitNameError

NAMES = [
    "plain.txt",
    "with space.txt",
    "änderung-日本.txt",
    "hash#question?percent%41plus+amp&.txt",
    "CASE.txt",
    "case.txt",
    "a/b/c/d.txt",
    "quote'double\"brace{}[]~^`|.txt",
    ".hidden",
    "trailing ",
]


def test_a_small_file_is_read_back_as_it_was_written(opened: Storage) -> None:
    opened.write_bytes("a/b.json", b"{}")
    assert opened.read_bytes("a/b.json") == b"{}"
    opened.write_bytes("a/b.json", b"[1]")
    assert opened.read_bytes("a/b.json") == b"[1]"


def test_names_are_kept_to_the_letter(opened: Storage) -> None:
    for number, name in enumerate(NAMES):
        opened.write_bytes(f"names/{name}", str(number).encode())
    assert [opened.read_bytes(f"names/{name}") for name in NAMES] == [str(n).encode() for n in range(len(NAMES))]
    assert sorted(entry.name for entry in opened.list("names")) == sorted(f"names/{name}" for name in NAMES)


def test_what_a_name_is_located_at_opens_again(opened: Storage) -> None:
    for name in NAMES:
        opened.write_bytes(name, name.encode())
        assert opened.locate(name).startswith(opened.uri)


def test_the_first_writer_of_a_new_file_wins(opened: Storage) -> None:
    assert opened.write_new("lock", b"mine")
    assert not opened.write_new("lock", b"yours")
    assert opened.read_bytes("lock") == b"mine"


@pytest.mark.parametrize("size", [0, 1, 100_000, 20_000_003], ids=lambda size: f"{size}B")
def test_files_go_up_and_come_down_whole(opened: Storage, tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "source", tmp_path / "deep" / "target"
    source.write_bytes(os.urandom(size))
    told: list[Transfer] = []
    opened.put_file(source, "file", progress=told.append)
    assert told[-1] == Transfer(1, size, 1, size)
    assert [(entry.name, entry.size) for entry in opened.list()] == [("file", size)]
    told.clear()
    opened.get_file("file", target, progress=told.append)
    assert told[-1] == Transfer(1, size, 1, size)
    assert target.read_bytes() == source.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_file_is_read_from_anywhere(opened: Storage, tmp_path: Path) -> None:
    content = os.urandom(9_000_000)
    (tmp_path / "source").write_bytes(content)
    opened.put_file(tmp_path / "source", "file")
    with opened.open_read("file") as file:
        assert file.read(10) == content[:10]
        file.seek(5_000_000)
        assert file.read(4_000_000) == content[5_000_000:9_000_000]
        assert file.read() == b""
        assert file.seek(-3, os.SEEK_END) == len(content) - 3
        assert file.read() == content[-3:]


def test_listing_goes_down_or_stays(opened: Storage) -> None:
    for name in ("top", "a/one", "a/deep/two", "ab/three"):
        opened.write_bytes(name, b".")
    assert [entry.name for entry in opened.list("a")] == ["a/deep/two", "a/one"]
    assert [(entry.name, entry.is_folder) for entry in opened.list(deep=False)] == [
        ("a", True),
        ("ab", True),
        ("top", False),
    ]
    assert list(opened.list("nothing")) == []
    assert all(entry.modified > 1_000_000_000 for entry in opened.list())


def test_what_is_not_there_is_named(opened: Storage, tmp_path: Path) -> None:
    assert not opened.exists("nothing")
    for call in (
        lambda: opened.read_bytes("nothing"),
        lambda: opened.open_read("nothing"),
        lambda: opened.get_file("nothing", tmp_path / "x"),
        lambda: opened.get_tree("nothing", tmp_path / "x"),
        lambda: opened.get("nothing", tmp_path / "x"),
        lambda: opened.get("nothing", tmp_path / "x", foreign=True),
    ):
        with pytest.raises(ObjectMissingError, match="There is no such") as raised:
            call()
        assert raised.value.where == opened.locate("nothing")
        assert not raised.value.transient
    assert not (tmp_path / "x").exists()


def test_what_was_removed_is_not_there(opened: Storage) -> None:
    for name in ("file", "file2", "folder/a", "folder/b/c"):
        opened.write_bytes(name, b"x")
    opened.delete("file")
    opened.delete("folder")
    opened.delete("never-was")
    assert [entry.name for entry in opened.list()] == ["file2"]


@pytest.mark.parametrize("name", ["../x", "a//b", "/x", "a/./b", "x/", "nul\0", "half\ud800"])
def test_names_that_are_none_are_refused(opened: Storage, name: str) -> None:
    with pytest.raises(UnfitNameError):
        opened.write_bytes(name, b"x")


def test_a_source_that_is_not_there_is_named(opened: Storage, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file or directory"):
        opened.put_file(tmp_path / "nothing", "file")
    assert not opened.exists("file")


def test_the_root_itself_can_be_a_file(opened: Storage, tmp_path: Path) -> None:
    """An artifact's URI is opened as a root."""
    opened.write_bytes("deep/file", b"content")
    root = _reopened(opened, "deep/file")
    assert root.exists()
    assert root.read_bytes("") == b"content"
    root.get("", tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == b"content"


def _reopened(storage: Storage, name: str) -> Storage:
    if isinstance(storage, LinkedStorage):
        return storage.below(name)  # its URI alone does not say how to get there
    settings = getattr(storage, "settings", None)
    return open_storage(storage.locate(name), settings)
