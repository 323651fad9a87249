from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfbridge.backends.driven.failures import signal_name
from kfbridge.backends.local.commands import Commands, Ended


@pytest.fixture
def commands() -> Iterator[Commands]:
    running = Commands()
    yield running
    running.close()


def start(commands: Commands, folder: Path, script: str, name: str = "step", cleanup: tuple[str, ...] = ()) -> Path:
    log = folder / f"{name}.log"
    commands.start(name, ["sh", "-c", script], cwd=folder, env=dict(os.environ), log=log, cleanup=cleanup)
    return log


def wait(commands: Commands, count: int = 1, timeout: float = 10.0) -> list[Ended]:
    ended: list[Ended] = []
    until = time.monotonic() + timeout
    while len(ended) < count and time.monotonic() < until:
        file = commands.fileno()
        assert file is not None
        if select.select([file], [], [], 0.2)[0]:
            ended += commands.poll()
    return ended


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def wait_until_dead(pid: int, timeout: float = 5.0) -> bool:
    until = time.monotonic() + timeout
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


def read_soon(path: Path) -> str:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} stays empty")


def test_a_command_ends_with_its_code_and_its_output_in_the_log(commands: Commands, tmp_path: Path) -> None:
    log = start(commands, tmp_path, "echo out; echo err >&2; pwd; exit 3")
    assert wait(commands) == [Ended("step", code=3)]
    assert log.read_text() == f"out\nerr\n{tmp_path}\n"


def test_a_command_that_a_signal_killed_says_which(commands: Commands, tmp_path: Path) -> None:
    start(commands, tmp_path, "kill -9 $$")
    assert wait(commands) == [Ended("step", signal=9)]
    assert signal_name(9) == "SIGKILL"
    assert signal_name(250) == "signal 250"


def test_a_command_that_does_not_exist_is_an_error_not_a_crash(commands: Commands, tmp_path: Path) -> None:
    commands.start("step", ["/no/such/program"], cwd=tmp_path, env={}, log=tmp_path / "log")
    assert wait(commands) == [Ended("step", error="/no/such/program: No such file or directory")]
    start(commands, tmp_path, "true", name="next")
    assert wait(commands) == [Ended("next", code=0)]


def test_many_commands_run_at_once(commands: Commands, tmp_path: Path) -> None:
    begin = time.monotonic()
    for number in range(20):
        start(commands, tmp_path, "sleep 0.5", name=str(number))
    assert len(wait(commands, 20)) == 20
    assert time.monotonic() - begin < 5


def test_killing_a_command_ends_its_whole_group(commands: Commands, tmp_path: Path) -> None:
    log = start(commands, tmp_path, "sleep 60 & echo $!; wait")
    grandchild = int(read_soon(log))
    commands.kill("step")
    assert wait(commands) == [Ended("step", signal=signal.SIGTERM)]
    assert wait_until_dead(grandchild)


def test_what_a_command_leaves_behind_ends_with_it(commands: Commands, tmp_path: Path) -> None:
    log = start(commands, tmp_path, "sleep 60 & echo $!")
    assert wait(commands) == [Ended("step", code=0)]
    assert wait_until_dead(int(log.read_text()))


def test_a_command_that_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFBRIDGE_GRACE", "0.2")
    commands = Commands()
    log = start(commands, tmp_path, "trap '' TERM; echo ready; while :; do sleep 0.05; done")
    read_soon(log)
    commands.kill("step")
    assert wait(commands) == [Ended("step", signal=signal.SIGKILL)]
    commands.close()


def test_the_cleanup_runs_when_a_command_is_killed(commands: Commands, tmp_path: Path) -> None:
    log = start(commands, tmp_path, "echo ready; exec sleep 60", cleanup=("touch", str(tmp_path / "cleaned")))
    read_soon(log)
    commands.kill("step")
    wait(commands)
    until = time.monotonic() + 5
    while not (tmp_path / "cleaned").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert (tmp_path / "cleaned").exists()


def test_closing_ends_every_command(commands: Commands, tmp_path: Path) -> None:
    pid = int(read_soon(start(commands, tmp_path, "echo $$; exec sleep 60")))
    commands.close()
    assert not is_alive(pid)


def test_commands_of_a_dead_supervisor_are_lost_and_a_new_one_takes_over(commands: Commands, tmp_path: Path) -> None:
    pid = int(read_soon(start(commands, tmp_path, "echo $$; exec sleep 60")))
    assert commands._process is not None
    commands._process.kill()
    assert wait(commands) == [Ended("step", lost=True)]
    assert wait_until_dead(pid)
    start(commands, tmp_path, "true", name="next")
    assert wait(commands) == [Ended("next", code=0)]


def test_commands_die_with_a_kfbridge_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, os; from pathlib import Path; from kfbridge.backends.local.commands import Commands\n"
        "folder = Path(sys.argv[1])\n"
        "Commands().start('a', ['sh', '-c', 'sleep 60 & echo $!; wait'], cwd=folder, env=dict(os.environ),"
        " log=folder / 'log')\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    grandchild = int(read_soon(tmp_path / "log"))
    process.kill()
    process.wait()
    assert wait_until_dead(grandchild)
