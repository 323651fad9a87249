"""Doors whose connections break, lie or fall silent: gone on with, or told, and nothing half is taken for whole."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kfbridge import __version__
from kfbridge.backends.k8s.door.link import Link
from kfbridge.backends.k8s.door.stream import WINDOW
from kfbridge.errors import StorageError
from kfbridge.storage import Transfer
from kfbridge.storage.errors import DamagedError, ObjectMissingError, UnfitNameError, UnreachableError
from tests.backends.k8s.door.doors import NONE, Harm, Site, site
from tests.storage.test_trees import content, make

LARGE = os.urandom(20_000_000)
FILES: dict[str, bytes | None] = {**{f"{n}.txt": str(n).encode() * 100 for n in range(50)}, "large": LARGE}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Site]:
    made = site(tmp_path / "site")
    yield made
    made.end()


def first(harm: Harm) -> object:
    """That harm to the first connection, none to those after it."""
    return lambda number: harm if number == 1 else NONE


def lose_the_next_answer(door: Site) -> None:
    door.wires[-1].harm = Harm(cut_read=door.wires[-1].came)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_upload_goes_on_where_it_was(door: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LARGE)
    door.harm = first(Harm(cut_write=15_000_000))
    door.open().put_file(tmp_path / "file", "file")
    assert (door.folder / "file").read_bytes() == LARGE
    assert names(door.folder) == ["file"]
    assert len(door.wires) == 2 and door.wires[1].went < 12_000_000


def test_a_download_goes_on_where_it_was(door: Site, tmp_path: Path) -> None:
    (door.folder / "file").write_bytes(LARGE)
    door.harm = first(Harm(cut_read=15_000_000))
    door.open().get_file("file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == LARGE
    assert len(door.wires) == 2 and door.wires[1].came < 6_000_000


@pytest.mark.parametrize("harm", [Harm(cut_read=6_000_000), Harm(cut_write=6_000_000)], ids=["coming", "going"])
def test_patience_counts_from_the_last_progress(door: Site, tmp_path: Path, harm: Harm) -> None:
    """Each connection breaks after some MB, so that a transfer takes longer in all than patience lasts."""
    (tmp_path / "file").write_bytes(LARGE)
    door.harm = lambda number: harm
    storage = door.open(patience=0.5)
    storage.put_file(tmp_path / "file", "file")
    storage.get_file("file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == LARGE
    assert len(door.wires) >= 4


@pytest.mark.parametrize("way", ["cut_read", "cut_write"])
def test_trees_go_on_where_they_were(door: Site, tmp_path: Path, way: str) -> None:
    source = make(tmp_path / "source", FILES)
    door.harm = first(Harm(**{way: 10_000_000}))
    storage = door.open()
    storage.put_tree(source, "tree")
    storage.get_tree("tree", tmp_path / "target")
    assert content(tmp_path / "target") == content(door.folder / "tree") == content(source)
    assert sum(wire.went + wire.came for wire in door.wires) < 52_000_000
    assert names(door.folder) == ["tree"] and names(tmp_path) == ["site", "source", "target"]


def test_a_tree_that_broke_is_not_there(door: Site, tmp_path: Path) -> None:
    source = make(tmp_path / "source", FILES)
    door.harm = lambda number: Harm(cut_write=15_000_000 if number == 1 else 0)
    with pytest.raises(UnreachableError, match="The connection to the door broke"):
        door.open(patience=0.5).put_tree(source, "tree")
    door.harm = lambda number: NONE
    storage = door.open()
    assert not storage.exists("tree")
    assert list(storage.list()) == []
    storage.put_tree(source, "tree")
    assert content(door.folder / "tree") == content(source)
    assert door.wires[-1].went < 12_000_000  # what the broken attempt stored is not sent again


@pytest.mark.parametrize("harm", [Harm(cut_read=0), Harm(cut_write=0), Harm(cut_write=20)])
def test_what_stays_broken_is_told_and_leaves_nothing(door: Site, tmp_path: Path, harm: Harm) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (door.folder / "there").write_bytes(b"content")
    door.harm = lambda number: harm
    storage = door.open(patience=1.0)
    begin = time.monotonic()
    for call in (
        lambda: storage.put_file(tmp_path / "file", "file"),
        lambda: storage.get_file("there", tmp_path / "target"),
        lambda: list(storage.list()),
    ):
        with pytest.raises(UnreachableError, match="The connection to the door broke: ") as raised:
            call()
        assert raised.value.transient and raised.value.where == "pvc://claim/runs"
    assert time.monotonic() - begin < 20
    assert names(tmp_path) == ["file", "site"] and names(door.folder) == ["there"]


@pytest.mark.parametrize("way", ["flip_read", "flip_write"])
@pytest.mark.parametrize("at", [5, 900, 3_000_000])
def test_a_byte_that_changed_on_its_way_is_noticed(door: Site, tmp_path: Path, way: str, at: int) -> None:
    (tmp_path / "file").write_bytes(LARGE)
    door.harm = first(Harm(**{way: at}))
    storage = door.open()
    storage.put_file(tmp_path / "file", "file")
    storage.get_file("file", tmp_path / "back")
    assert (door.folder / "file").read_bytes() == (tmp_path / "back").read_bytes() == LARGE
    assert len(door.wires) == 2


WRONG = (
    "from kfbridge.storage import digests; "
    "digests.Running.checksum = lambda self: digests.Checksum('md5', '0'); "
    "from kfbridge.backends.k8s.door import doorkeeper; doorkeeper.main(__import__('sys').argv[1:])"
)


def test_content_with_another_checksum_is_refused(door: Site, tmp_path: Path) -> None:
    (door.folder / "there").write_bytes(b"content")
    make(tmp_path / "source", {"a": b"1"})
    door.command = [sys.executable, "-c", WRONG, f"--root={door.folder}", f"--room={door.room}"]
    storage = door.open(patience=1.0)
    for call in (
        lambda: storage.write_bytes("file", b"content"),
        lambda: storage.write_new("file", b"content"),
        lambda: storage.put_tree(tmp_path / "source", "tree"),
        lambda: storage.read_bytes("there"),
        lambda: storage.get_file("there", tmp_path / "target"),
    ):
        with pytest.raises(DamagedError, match="What came is not what was sent: its size or its checksum") as raised:
            call()
        assert str(raised.value.where).startswith("pvc://claim/runs/")
    assert not (tmp_path / "target").exists()
    assert [name for name in names(door.folder) if not name.startswith(".")] == ["there"]


def test_a_disk_that_is_full_is_told_and_leaves_nothing(door: Site, tmp_path: Path) -> None:
    source = make(tmp_path / "source", {"large": LARGE})
    door.largest = 1_000_000
    storage = door.open()
    for call in (
        lambda: storage.put_file(source / "large", "deep/file"),
        lambda: storage.write_bytes("deep/file", LARGE),
        lambda: storage.write_new("deep/file", LARGE),
    ):
        with pytest.raises(StorageError, match="File too large") as raised:
            call()
        assert not raised.value.transient and raised.value.remedy == "Free space there, or give permission."
        assert "pvc://claim/runs" in str(raised.value) and str(door.folder) not in str(raised.value)
        assert names(door.folder / "deep") == []
    with pytest.raises(StorageError, match="File too large"):
        storage.put_tree(source, "tree")
    assert not storage.exists("tree") and not storage.exists("deep/file")
    storage.write_bytes("small", b"1")  # the connection is as good as before
    assert len(door.wires) == 1


def test_a_lost_answer_does_not_make_the_first_writer_the_second(door: Site) -> None:
    storage, other = door.open(), door.open()
    assert not storage.exists("lock")
    lose_the_next_answer(door)
    assert storage.write_new("lock", b"mine")
    assert not other.write_new("lock", b"mine")  # although the content is the same
    assert not storage.write_new("lock", b"mine")
    assert len(door.wires) == 3
    until = time.monotonic() + 5
    while names(door.folder) != ["lock"] and time.monotonic() < until:
        time.sleep(0.05)
    assert names(door.folder) == ["lock"]


def test_a_lost_answer_does_not_make_the_second_writer_the_first(door: Site) -> None:
    (door.folder / "lock").write_bytes(b"mine")
    storage = door.open()
    assert storage.exists("lock")
    lose_the_next_answer(door)
    assert not storage.write_new("lock", b"mine")


def test_calls_are_made_again_after_a_lost_answer(door: Site) -> None:
    storage = door.open()
    assert not storage.exists("deep")
    for work, outcome in (
        (lambda: storage.write_bytes("deep/file", b"1"), lambda: storage.read_bytes("deep/file") == b"1"),
        (lambda: storage.make_folders(["deep/er"]), lambda: storage.exists("deep/er")),
        (lambda: storage.delete("deep"), lambda: not storage.exists("deep")),
    ):
        lose_the_next_answer(door)
        work()
        assert outcome()
    assert len(door.wires) == 4


def test_a_listing_goes_on_behind_what_has_come(door: Site) -> None:
    expected = sorted(f"{n % 7}/{n}" for n in range(2_000))
    make(door.folder, dict.fromkeys(expected, b"."))
    storage = door.open()
    found = []
    for entry in storage.list():
        found.append(entry.name)
        if len(found) in (1, 700):
            door.wires[-1].close()
    assert found == expected
    assert len(door.wires) in (2, 3)  # all may have come before the second one is cut


def test_reading_goes_on_after_a_fault_unless_the_file_is_another(door: Site) -> None:
    storage = door.open()
    (door.folder / "file").write_bytes(LARGE)
    with storage.open_read("file") as file:
        assert file.read(1_000) == LARGE[:1_000]
        door.wires[-1].close()
        assert file.read() == LARGE[1_000:]
        with (door.folder / "file").open("ab") as log:
            log.write(b"more")
        assert file.read() == b"more"  # as of a log that is being written
        storage.write_bytes("file", b"another")
        assert file.seek(10) == 10 and file.read(5) == LARGE[10:15]
        door.wires[-1].close()
        file.seek(15_000_000)
        with pytest.raises(StorageError, match="It was replaced by another file while it was read"):
            file.read(5)
    with pytest.raises(ObjectMissingError, match="There is no such file"):
        storage.open_read("nothing")


def test_threads_share_a_connection_and_survive_it(door: Site, tmp_path: Path) -> None:
    storage = door.open()
    data = [os.urandom(1_500_000) for _ in range(8)]

    def work(number: int) -> bytes:
        source = tmp_path / f"{number}"
        source.write_bytes(data[number])
        storage.put_file(source, f"{number}/file")
        if number == 3:
            door.wires[-1].close()
        storage.get_file(f"{number}/file", source)
        return source.read_bytes()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == data
    assert len(door.wires) == 2


def test_who_does_not_read_holds_up_nobody_else(door: Site) -> None:
    (door.folder / "file").write_bytes(LARGE)
    storage = door.open()
    assert storage.exists("file")
    link = storage._dial()
    stream = link.open({"op": "get", "name": "file", "have": None})
    assert stream.hear()["size"] == len(LARGE)
    time.sleep(0.5)
    assert door.wires[0].came < WINDOW + 100_000  # the rest waits at the other side
    assert storage.read_bytes("file") == LARGE


def test_silence_is_taken_for_death(door: Site) -> None:
    wire = door.connect()
    link = Link(wire, "pvc://claim/runs", beat=0.1, silence=1.0)
    hello = {"protocol": 1, "kfbridge": __version__, "client": "me", "root": "pvc://claim/runs"}
    link.greet(hello)
    assert link.greeting(20)["kfbridge"] == __version__
    wire.process.send_signal(signal.SIGSTOP)
    with pytest.raises(UnreachableError, match="nothing came for 1 seconds"):
        link.open({"op": "exists", "name": ""}).result()


@pytest.mark.parametrize(
    ("command", "message", "remedy", "transient"),
    [
        ("print('Welcome to this shell')", "the answer is not the doorkeeper's: 'Welcome to", "kubectl get pods", True),
        (
            "import a_module_that_is_missing",
            "cannot run in the door's image: .*No module named",
            "Set runtime_im",
            False,
        ),
        (
            "from kfbridge.backends.k8s.door import doorkeeper; doorkeeper.PROTOCOL = 9; "
            "doorkeeper.__version__ = '7.8'; doorkeeper.main(['--root=/', '--room=/nowhere'])",
            r"has kfbridge 7\.8, which speaks version 9 .* this is kfbridge .*, which speaks version 1",
            "Set runtime_image to an image with kfbridge",
            False,
        ),
    ],
    ids=["another program", "no kfbridge", "another version"],
)
def test_what_is_no_doorkeeper_is_named(door: Site, command: str, message: str, remedy: str, transient: bool) -> None:
    door.command = [sys.executable, "-c", command]
    with pytest.raises(StorageError, match=message) as raised:
        door.open(patience=1.0).exists()
    assert remedy in str(raised.value.remedy) and raised.value.transient is transient


def test_folders_are_made_for_a_group(door: Site) -> None:
    before = os.umask(0o077)
    try:
        storage = door.open()
        storage.make_folders(["a/b/c", "a/d"])
    finally:
        os.umask(before)
    for name in ("a", "a/b", "a/b/c", "a/d"):
        assert stat.S_IMODE((door.folder / name).stat().st_mode) == 0o2775
    (door.folder / "a" / "b").chmod(0o700)
    storage.make_folders(["a/b"])
    assert stat.S_IMODE((door.folder / "a" / "b").stat().st_mode) == 0o2775
    (door.folder / "file").touch()
    with pytest.raises(StorageError, match=r"pvc://claim/runs/file.*: Not a directory"):
        storage.make_folders(["file/x"])
    with pytest.raises(UnfitNameError):
        storage.make_folders(["../x"])


def test_what_is_stored_is_open_to_the_group(door: Site, tmp_path: Path) -> None:
    source = make(tmp_path / "source", {"private": b"1", "program": b"2"})
    (source / "private").chmod(0o600)
    (source / "program").chmod(0o755)
    storage = door.open()
    storage.put_tree(source, "tree")
    storage.put_file(source / "private", "file")
    storage.write_bytes("small", b"1")
    modes = {"tree/private": 0o660, "tree/program": 0o775, "tree": 0o775, "file": 0o660, "small": 0o664}
    assert {name: stat.S_IMODE((door.folder / name).stat().st_mode) for name in modes} == modes


def test_the_root_itself_stays(door: Site) -> None:
    storage = door.open()
    storage.write_bytes("deep/file", b"1")
    storage.below("deep").delete("")
    assert not storage.exists("deep")


def test_a_closed_storage_opens_again(door: Site) -> None:
    storage = door.open()
    storage.write_bytes("file", b"1")
    storage.close()
    door.wires[0].process.wait(10)
    assert storage.read_bytes("file") == b"1"
    storage.close()
    door.wires[1].process.wait(10)


def test_a_client_that_dies_leaves_nothing_that_looks_whole(door: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LARGE)
    door.harm = lambda number: Harm(cut_write=15_000_000 if number == 1 else 0)
    with pytest.raises(UnreachableError):
        door.open(patience=0.1).put_file(tmp_path / "file", "file")
    door.harm = lambda number: NONE
    assert list(door.open().list()) == []


def test_a_user_who_interrupts_an_upload_leaves_nothing(door: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LARGE * 4)  # it takes longer than the time between two words of progress
    storage = door.open()

    def interrupt(transfer: Transfer) -> None:
        if 10_000_000 < transfer.bytes < transfer.all_bytes:
            assert len(names(door.folder)) == 1  # the draft
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.put_file(tmp_path / "file", "file", progress=interrupt)
    until = time.monotonic() + 5
    while names(door.folder) and time.monotonic() < until:
        time.sleep(0.05)
    assert names(door.folder) == []
    storage.write_bytes("file", b"1")
    assert len(door.wires) == 1


def test_a_doorkeeper_needs_little_memory(door: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LARGE * 4)
    storage = door.open()
    assert not storage.exists("file")
    before = peak(door.wires[0].process.pid)
    storage.put_file(tmp_path / "file", "file")
    storage.get_file("file", tmp_path / "back")
    assert peak(door.wires[0].process.pid) - before < 24_000  # of 80 MB


def peak(process: int) -> int:
    """The most memory that a process has had, in KiB."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        pytest.skip("this system does not tell the memory of a process")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])
