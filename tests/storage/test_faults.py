"""Broken networks before real servers: tried again, or told, and nothing half is taken for whole."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kfbridge.errors import StorageError
from kfbridge.storage import Storage
from kfbridge.storage.errors import DamagedError, UnreachableError
from tests.storage.conftest import OBJECTS, Servers, open_on
from tests.storage.proxy import Proxy, every, proxy_for
from tests.storage.servers import free_port
from tests.storage.test_trees import content, make

pytestmark = pytest.mark.slow

FILES: dict[str, bytes | None] = {f"{n}.txt": str(n).encode() * 100 for n in range(20)}
LARGE = {"large.bin": os.urandom(17_000_000)}


@dataclass(frozen=True)
class Harmed:
    """A storage behind a proxy, and the same one past it."""

    storage: Storage
    straight: Storage
    proxy: Proxy


@pytest.fixture(params=OBJECTS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def harmed(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Harmed]:
    name, _, fast = kind.partition("-")
    if fast:
        pytest.importorskip("obstore")
    server = request.getfixturevalue("servers").get(name)
    straight = open_on(server, tmp_path.name, monkeypatch)
    straight.exists()  # connects, before the environment names the proxy
    with proxy_for(server.url) as proxy:
        storage = open_on(server, tmp_path.name, monkeypatch, proxy.url, patience=3.0, fast=bool(fast))
        yield Harmed(storage, straight, proxy)


@pytest.mark.parametrize("harm", ["reset", "lost", "cut", "503", "slow"])
def test_what_passes_is_waited_for(harmed: Harmed, tmp_path: Path, harm: str) -> None:
    source = make(tmp_path / "source", {**FILES, **LARGE})
    harmed.proxy.plan = every(5, harm)
    harmed.storage.put_tree(source, "tree")
    assert harmed.storage.exists("tree")
    harmed.storage.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == content(source)
    harmed.straight.get_tree("tree", tmp_path / "straight")
    assert content(tmp_path / "straight") == content(source)


@pytest.mark.parametrize("harm", ["reset", "503"])
def test_what_stays_is_told_and_leaves_nothing(harmed: Harmed, tmp_path: Path, harm: str) -> None:
    (tmp_path / "source").write_bytes(b"content")
    harmed.straight.put_file(tmp_path / "source", "file")
    harmed.proxy.plan = every(1, harm)
    begin = time.monotonic()
    for call in (
        lambda: harmed.storage.put_file(tmp_path / "source", "other"),
        lambda: harmed.storage.get_file("file", tmp_path / "target"),
    ):
        with pytest.raises(UnreachableError, match=r"The store failed|cut off|No server answers") as raised:
            call()
        assert raised.value.transient
    assert time.monotonic() - begin < 60
    assert not (tmp_path / "target").exists()
    assert not harmed.straight.exists("other")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_broken_upload_of_a_tree_goes_on_where_it_was(harmed: Harmed, tmp_path: Path) -> None:
    source = make(tmp_path / "source", FILES)
    methods = ("PUT", "POST")
    stored: set[str] = set()

    def fail_after_ten(request: object) -> str:
        return "503" if harmed.proxy.count("PUT") + harmed.proxy.count("POST") > 10 else ""

    harmed.proxy.plan = fail_after_ten
    with pytest.raises(StorageError):
        harmed.storage.put_tree(source, "tree")
    stored = {entry.name for entry in harmed.straight.list("tree")}
    assert 5 <= len(stored) <= 10
    assert not harmed.straight.exists("tree")
    with pytest.raises(DamagedError, match="never written to its end"):
        harmed.straight.get_tree("tree", tmp_path / "target")

    harmed.proxy.plan = every(1, "")
    harmed.proxy.seen.clear()
    harmed.storage.put_tree(source, "tree")
    sent = sum(request.method in methods for request in harmed.proxy.seen)
    assert sent == len(FILES) - len(stored) + 1  # the files that were missing, and the manifest
    harmed.straight.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == content(source)


def test_a_broken_download_of_a_tree_goes_on_where_it_was(harmed: Harmed, tmp_path: Path) -> None:
    source = make(tmp_path / "source", FILES)
    harmed.straight.put_tree(source, "tree")
    harmed.proxy.plan = lambda request: "503" if harmed.proxy.count("GET") > 10 else ""
    with pytest.raises(StorageError):
        harmed.storage.get_tree("tree", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    [draft] = [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    here = len(list(draft.iterdir()))
    assert here >= 5

    harmed.proxy.plan = every(1, "")
    harmed.proxy.seen.clear()
    harmed.storage.get_tree("tree", tmp_path / "target")
    assert harmed.proxy.count("GET") == len(FILES) - here + 1  # the files that were missing, and the manifest
    assert content(tmp_path / "target") == content(source)
    assert not draft.exists()


def test_a_byte_that_changed_on_its_way_is_noticed(harmed: Harmed, tmp_path: Path) -> None:
    source = make(tmp_path / "source", {**FILES, **LARGE})
    harmed.straight.put_tree(source, "tree")
    harmed.proxy.plan = lambda request: "garble" if request.number in (4, 9) else ""
    harmed.storage.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == content(source)

    harmed.proxy.plan = lambda request: "garble" if "large" in request.path else ""
    with pytest.raises(DamagedError, match="is not what was stored"):
        harmed.storage.get_tree("tree", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_reading_goes_on_after_a_fault(harmed: Harmed, tmp_path: Path) -> None:
    source = make(tmp_path / "source", LARGE)
    harmed.straight.put_file(source / "large.bin", "file")
    harmed.proxy.plan = every(2, "cut")
    with harmed.storage.open_read("file") as file:
        assert file.read() == LARGE["large.bin"]


def test_what_is_replaced_while_it_is_read_is_told(harmed: Harmed, tmp_path: Path, kind: str) -> None:
    source = make(tmp_path / "source", LARGE)
    harmed.storage.put_file(source / "large.bin", "file")
    with harmed.storage.open_read("file") as file:
        assert file.read(10) == LARGE["large.bin"][:10]
        (source / "large.bin").write_bytes(LARGE["large.bin"][::-1])
        harmed.straight.put_file(source / "large.bin", "file")
        file.seek(-10, os.SEEK_END)
        if not kind.startswith(("moto", "azurite")):  # the others do not look at the condition of a read
            harmed.proxy.plan = every(1, "412")
        with pytest.raises(DamagedError, match=r"replaced by something else while it was read\.\s+Read it") as raised:
            file.read()
    assert raised.value.where == harmed.storage.locate("file")


@pytest.mark.storage
@pytest.mark.parametrize("status", ["401", "308"])
def test_what_takes_more_than_one_request_is_done_by_googles_library(
    status: str, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers.get("fakegcs")
    with proxy_for(server.url) as proxy:
        storage = open_on(server, tmp_path.name, monkeypatch, proxy.url, patience=0.0)
        proxy.plan = lambda request: status if request.number == 1 else ""
        for work in (lambda: storage.write_bytes("file", b"content"), lambda: storage.read_bytes("file")):
            proxy.seen.clear()
            work()
            assert len(proxy.seen) > 1  # nothing is tried again: the second try was the library's
    assert storage.read_bytes("file") == b"content"


@pytest.mark.storage
def test_parts_that_come_in_pieces_are_whole_and_of_one_version(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers.get("fakegcs")
    source = make(tmp_path / "source", LARGE)
    with proxy_for(server.url) as proxy:
        storage = open_on(server, tmp_path.name, monkeypatch, proxy.url, patience=3.0)
        storage.put_file(source / "large.bin", "file")
        answers = iter(["401", "cut", ""])
        proxy.plan = lambda request: next(answers, "") if "alt=media" in request.path else ""
        storage.get_file("file", tmp_path / "target")  # the first part by the library, the second once more
        assert (tmp_path / "target").read_bytes() == LARGE["large.bin"]
        assert next(answers, "all were used") == "all were used"
        proxy.plan = lambda request: "412" if "alt=media" in request.path else ""
        with pytest.raises(DamagedError, match="replaced by something else while it was read"):
            storage.get_file("file", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_lost_answer_does_not_make_the_first_writer_the_second(harmed: Harmed) -> None:
    puts = []

    def lose_the_first(request: object) -> str:
        if getattr(request, "method", "") in ("PUT", "POST"):
            puts.append(request)
        return "lost" if len(puts) == 1 and getattr(request, "method", "") in ("PUT", "POST") else ""

    harmed.proxy.plan = lose_the_first
    assert harmed.storage.write_new("lock", b"mine")
    assert not harmed.storage.write_new("lock", b"yours")


def test_a_server_that_is_not_there_is_named(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = request.getfixturevalue("servers").get(kind.partition("-")[0])
    url = f"http://127.0.0.1:{free_port()}"
    storage = open_on(server, tmp_path.name, monkeypatch, url, patience=1.0)
    with pytest.raises(UnreachableError, match=r"No server answers at http://127\.0\.0\.1") as raised:
        storage.read_bytes("file")
    assert not raised.value.connected
