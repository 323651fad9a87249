"""How long a door stays open, and that a client has one session."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kfbridge.backends.k8s.door.porter import Room
from tests.backends.k8s.door.doors import site

SESSION = (
    "import sys, time, pathlib; from kfbridge.backends.k8s.door.porter import Room; "
    "Room(pathlib.Path(sys.argv[1])).enter(sys.argv[2]); print('in', flush=True); time.sleep(60)"
)


def porter(room: Path, idle: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kfbridge.backends.k8s.door.porter", f"--room={room}", f"--idle={idle}"]
    return subprocess.Popen(command)


def session(room: Path, client: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", SESSION, str(room), client], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"in\n"
    return process


def test_a_door_ends_when_it_is_idle(tmp_path: Path) -> None:
    begin = time.monotonic()
    assert porter(tmp_path / "room", 1.0).wait(20) == 0
    assert time.monotonic() - begin >= 1.0


def test_a_door_stays_while_it_is_used(tmp_path: Path) -> None:
    made = site(tmp_path)
    storage = made.open()
    assert storage.exists()
    process = porter(made.room, 0.5)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2.5)
    made.end()  # killed: nobody said goodbye
    assert process.wait(20) == 0


def test_a_short_visit_counts(tmp_path: Path) -> None:
    process = porter(tmp_path, 3.0)
    time.sleep(2.0)
    begin = time.monotonic()
    visit = session(tmp_path, "someone")
    visit.kill()
    visit.communicate()
    assert process.wait(20) == 0
    assert time.monotonic() - begin >= 3.0


def test_a_deleted_pod_ends_at_once(tmp_path: Path) -> None:
    process = porter(tmp_path, 60.0)
    until = time.monotonic() + 20
    while not (tmp_path / "gate").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143  # not done: another one may be made


def test_a_session_ends_an_earlier_one_of_its_client_alone(tmp_path: Path) -> None:
    """What an earlier session still has to do must not happen after the client has gone on in another one."""
    first, other = session(tmp_path, "me"), session(tmp_path, "you")
    Room(tmp_path).enter("me")
    assert first.wait(10) == -signal.SIGKILL
    assert other.poll() is None
    other.kill()
    for process in (first, other):
        process.communicate()
