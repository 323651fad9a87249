"""The verbs that run pipelines and look after runs, as processes: what people and programs see, and what survives."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.kfbridge_process import COMMAND, Project, is_alive, states, wait_for, whole_lines
from tests.cli.terminal import Terminal

ADDING = """
    @dsl.component
    def add(a: int, b: int) -> int:
        print(f"adding {a} and {b}")
        return a + b

    @dsl.pipeline(name="adding")
    def adding(n: int = 3) -> int:
        first = add(a=n, b=1)
        return add(a=first.output, b=10).output
"""

# `quick` ends at once and leaves a mark each time; `gate` waits until the file `open` is there.
GATE = """
    @dsl.component
    def quick(folder: str) -> int:
        import os
        with open(folder + "/quick", "a") as file:
            file.write(f"{os.getpid()}\\n")
        return 1

    @dsl.component
    def gate(folder: str, n: int) -> int:
        import os, subprocess, time
        child = subprocess.Popen(["sleep", "300"])
        with open(folder + "/gate", "a") as file:
            file.write(f"{os.getpid()}\\n{child.pid}\\n")
        while not os.path.exists(folder + "/open"):
            time.sleep(0.05)
        return n + 1

    @dsl.pipeline(name="gate")
    def gated(folder: str) -> int:
        return gate(folder=folder, n=quick(folder=folder).output).output
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def started_gate(project: Project, **more: Any) -> tuple[subprocess.Popen[str], list[int]]:
    """A run that waits at its gate, and the processes that belong to it."""
    words = ["run", project.write(GATE), "-p", f"folder={project.folder}", "--run-id", "gate-1", "--json"]
    process = project.start(*words, **more)
    lines = wait_for(lambda: (lines := whole_lines(project.folder / "gate")) and len(lines) >= 2 and lines)
    return process, [int(line) for line in lines]


def finish(project: Project) -> dict[str, Any]:
    """Open the gate and resume."""
    (project.folder / "open").touch()
    return project.json("resume", "gate-1")


# What people and programs see ------------------------------------------------------------------------


def test_a_run_is_a_document_for_programs(project: Project) -> None:
    document = project.json("run", project.write(ADDING), "-p", "n=4")
    run_id = document["run_id"]
    assert re.fullmatch(r"adding-\d{8}-\d{6}-[0-9a-f]{6}", run_id)
    assert {key: document[key] for key in ("pipeline", "target", "state", "outputs")} == {
        "pipeline": "adding",
        "target": "local",
        "state": "succeeded",
        "outputs": {"Output": 15},
    }
    first = document["tasks"][0]
    assert list(first) == [
        "name",
        "path",
        "state",
        "attempts",
        "cached",
        "started",
        "ended",
        "outputs",
        "error",
        "native_id",
    ]
    assert (first["name"], first["path"], first["state"], first["attempts"]) == ("add", "add", "succeeded", 1)
    assert first["outputs"] == {"Output": 5}
    assert first["started"] <= first["ended"] <= time.time()
    assert project.json("status", run_id) == document
    (listed,) = project.json("runs")["runs"]
    assert (listed["run_id"], listed["state"]) == (run_id, "succeeded")


def test_a_run_is_plain_lines_where_output_is_no_terminal(project: Project) -> None:
    out, err = project.call("run", project.write(ADDING))
    lines = out.splitlines()
    assert any(re.fullmatch(r"\d\d:\d\d:\d\d add succeeded in \d\.\d s", line) for line in lines)
    assert "add | adding 3 and 1" in lines
    assert "    Output = 14" in lines
    assert any(line.startswith("  kept in ") for line in lines)
    assert "\x1b" not in out
    assert err == ""


def test_logs_and_status_of_a_run_are_found_by_prefix_and_latest(project: Project) -> None:
    project.json("run", project.write(ADDING), "--run-id", "adding-1")
    assert project.call("logs", "adding-1")[0] == "add | adding 3 and 1\nadd-2 | adding 4 and 10\n"
    assert project.call("logs", "latest", "add-2")[0] == "adding 4 and 10\n"
    assert json.loads(project.call("logs", "adding", "add", "--json")[0]) == {
        "lines": [{"task": "add", "line": "adding 3 and 1"}]
    }
    assert "There is no task 'ad'" in project.call("logs", "adding-1", "ad", code=2)[1]
    out = project.call("status", "addi")[0]
    assert " + add-2  " in out  # what is captured here has no encoding
    assert "adding-1" in project.call("runs")[0]


@pytest.mark.slow
def test_a_terminal_gets_a_live_tree(project: Project) -> None:
    project.write(ADDING)
    main, other = pty.openpty()
    env = {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "NO_COLOR": "1"}
    process = project.start("run", "pipeline.py", stdout=other, stdin=other, env=env)
    os.close(other)
    text = read_terminal(main)
    assert process.wait(30) == 0, text
    assert "\x1b[?25l" in text
    assert text.count("\x1b[?25h") == 1
    assert "✓ add-2" in text
    assert "2/2 tasks" in text
    assert "\x1b[3" not in re.sub(r"\x1b\[\d*[FJK]", "", text)


def read_terminal(main: int) -> str:
    """All that was written to a terminal, until nobody holds its other end."""
    written = b""
    while select.select([main], [], [], 30)[0]:
        try:
            data = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        written += data
    os.close(main)
    return written.decode()


@pytest.mark.slow
def test_ctrl_c_at_a_terminal_leaves_it_tidy(project: Project) -> None:
    main, other = pty.openpty()
    project.write(GATE)
    words = ["run", "pipeline.py", "-p", f"folder={project.folder}", "--run-id", "gate-1"]
    env = {"TERM": "xterm", "COLUMNS": "100", "LINES": "24", "NO_COLOR": "1"}
    process = project.start(*words, stdin=other, stdout=other, stderr=other, env=env, preexec_fn=own_terminal)
    os.close(other)
    wait_for(lambda: len(whole_lines(project.folder / "gate")) >= 2)
    os.write(main, b"\x03")  # as a person does it: the terminal sends the signal
    text = read_terminal(main)
    assert process.wait(30) == 130, text
    terminal = Terminal()
    terminal.write(text.replace("\r\n", "\n").replace("^C", ""))
    shown = "\n".join(terminal.lines)
    assert "kfbridge | Stopping: the running steps are ended." in shown
    assert shown.count("■ gate") == 1
    assert "gate-1 cancelled in " in shown
    assert terminal.cursor


def own_terminal() -> None:
    """In a new process: make its standard input the terminal from which signals come."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_refusal_is_a_document_too(project: Project) -> None:
    project.write("""
        @dsl.container_component
        def echo():
            return dsl.ContainerSpec(image="alpine", command=["echo", "hello"])

        @dsl.pipeline(name="echo")
        def echoing():
            echo()
    """)
    document = project.json("run", "pipeline.py", code=1)
    assert "it runs the container alpine" in document["error"]
    assert project.json("run", "pipeline.py", "--containers", "host")["state"] == "succeeded"
    assert project.call("logs", "latest", "echo")[0] == "hello\n"


def test_a_failed_step_is_a_sentence_and_exit_code_1(project: Project) -> None:
    project.write("""
        @dsl.component
        def train(rows: int):
            raise ValueError("no rows")

        @dsl.component
        def other() -> str:
            return "done"

        @dsl.pipeline(name="failing")
        def failing():
            train(rows=0)
            other()
    """)
    document = project.json("run", "pipeline.py", code=1)
    assert document["state"] == "failed"
    assert states(document) == {"train": "failed", "other": "succeeded"}
    error = next(task["error"] for task in document["tasks"] if task["name"] == "train")
    assert error.startswith('ValueError: no rows (at `raise ValueError("no rows")`, line ')
    assert Path(error.rpartition(" in ")[2]).read_text().startswith("Traceback")
    out, err = project.call("run", "pipeline.py", code=1)
    assert "    train: ValueError: no rows" in out
    assert "kfbridge resume failing-" in out
    assert "Traceback" not in err


def test_a_step_that_a_signal_kills_is_a_sentence(project: Project) -> None:
    project.write("""
        @dsl.component
        def train():
            import os
            os.kill(os.getpid(), 9)

        @dsl.pipeline(name="killed")
        def killed():
            train()
    """)
    (task,) = project.json("run", "pipeline.py", code=1)["tasks"]
    assert task["error"].startswith("step train was killed by signal 9 (SIGKILL), often out of memory: ")


def test_a_second_run_is_answered_from_the_cache(project: Project) -> None:
    project.write(ADDING)
    project.json("run", "pipeline.py")
    cached = project.json("run", "pipeline.py")
    assert [task["cached"] for task in cached["tasks"]] == [True, True]
    assert cached["outputs"] == {"Output": 14}
    fresh = project.json("run", "pipeline.py", "--no-cache")
    assert [task["cached"] for task in fresh["tasks"]] == [False, False]


def test_a_run_id_is_taken_once(project: Project) -> None:
    project.json("run", project.write(ADDING), "--run-id", "mine")
    document = project.json("run", "pipeline.py", "--run-id", "mine", code=2)
    assert document["error"].startswith("There is a run called 'mine' already.")
    assert "nothing to resume" in project.json("resume", "mine", code=1)["error"]
    assert "It has succeeded" in project.json("cancel", "mine", code=1)["error"].replace("it has", "It has")


def test_independent_steps_run_at_the_same_time(project: Project) -> None:
    project.write("""
        @dsl.component
        def nap(n: int):
            import time
            time.sleep(0.5)

        @dsl.pipeline(name="naps")
        def naps():
            with dsl.ParallelFor(list(range(1, 25))) as n:
                nap(n=n)
    """)
    document = project.json("run", "pipeline.py", "--parallel", "12")
    times = [(task["started"], task["ended"]) for task in document["tasks"] if task["name"] == "nap"]
    assert len(times) == 24
    assert max(end for _, end in times) - min(start for start, _ in times) < 8.0  # one by one it would be 12
    most = max(sum(start <= moment < end for start, end in times) for moment, _ in times)
    assert 6 <= most <= 12


def test_a_step_that_prints_without_end_neither_blocks_nor_fills_memory(project: Project) -> None:
    flood(project, megabytes=30)


@pytest.mark.slow
def test_a_step_that_prints_a_gigabyte(project: Project) -> None:
    flood(project, megabytes=1000)


def peak_memory(pid: int) -> int:
    """The most that a process has had in memory, in kilobytes; `wait4` would count what its parent had at the fork."""
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0


def flood(project: Project, megabytes: int) -> None:
    project.write(f"""
        @dsl.component
        def loud():
            import sys
            for _ in range({megabytes * 10}):
                sys.stdout.write(("x" * 99 + "\\n") * 1000)

        @dsl.pipeline(name="loud")
        def louder():
            loud()
    """)
    process = project.start("run", "pipeline.py", stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        time.sleep(0.02)
    assert process.stderr is not None
    with process.stderr:
        assert (process.returncode, process.stderr.read()) == (0, "")
    assert 10_000 < peak < 200_000  # kilobytes
    (log,) = project.runs.glob("loud-*/tasks/loud/1/log.txt")
    assert log.stat().st_size == megabytes * 1_000_000
    log.unlink()


# Ends of kfbridge ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_ctrl_c_ends_every_process_and_leaves_a_run_to_resume(project: Project, number: int, code: int) -> None:
    process, pids = started_gate(project)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    document = json.loads(out)
    assert document["state"] == "cancelled"
    assert states(document) == {"quick": "succeeded", "gate": "cancelled"}
    assert "Stopping" in err
    wait_for(lambda: not any(map(is_alive, pids)))
    resumed = finish(project)
    assert resumed["outputs"] == {"Output": 2}
    assert len(whole_lines(project.folder / "quick")) == 1


@pytest.mark.slow
def test_a_second_ctrl_c_is_immediate(project: Project) -> None:
    project.write(GATE.replace('child = subprocess.Popen(["sleep", "300"])', STUBBORN))
    words = ["run", "pipeline.py", "-p", f"folder={project.folder}", "--run-id", "gate-1"]
    process = project.start(*words, env={"KFBRIDGE_GRACE": "60"})
    wait_for(lambda: len(whole_lines(project.folder / "gate")) >= 2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "Ended at once" in err
    assert project.json("status", "gate-1")["state"] == "cancelled"
    pid = int(whole_lines(project.folder / "gate")[0])
    wait_for(lambda: not is_alive(pid))


STUBBORN = """import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "300"])"""


def test_a_run_survives_kill_9_of_kfbridge(project: Project) -> None:
    process, pids = started_gate(project)
    process.kill()
    process.communicate()
    wait_for(lambda: not any(map(is_alive, pids)))
    status = project.json("status", "gate-1")
    assert status["state"] == "failed"
    assert status["error"] == "kfbridge ended before the run did; continue with: kfbridge resume gate-1"
    assert states(status)["quick"] == "succeeded"
    resumed = finish(project)
    assert (resumed["state"], resumed["outputs"]) == ("succeeded", {"Output": 2})
    assert len(whole_lines(project.folder / "quick")) == 1


@pytest.mark.slow
def test_kill_9_at_any_moment_and_resume_runs_no_finished_step_again(project: Project) -> None:
    project.write("""
        @dsl.component
        def mark(path: str, n: int, before: int) -> int:
            with open(path, "a") as file:
                file.write(f"{n}\\n")
            return before + n

        @dsl.pipeline(name="marks")
        def marks(path: str) -> int:
            total = mark(path=path, n=0, before=0)
            for n in range(1, 15):
                total = mark(path=path, n=n, before=total.output)
            return total.output
    """)
    marks = project.folder / "marks"
    words = ["run", "pipeline.py", "-p", f"path={marks}", "--run-id", "marks-1", "--no-cache", "--json"]
    for delay in (0.05, 0.1, 0.02, 0.15, 0.08, 0.0):
        before = len(whole_lines(marks))
        process = project.start(*words)
        wait_for(lambda: len(whole_lines(marks)) > before or process.poll() is not None)  # noqa: B023
        time.sleep(delay)
        process.kill()
        process.communicate()
        words = ["resume", "marks-1", "--json"]
    status = project.json("status", "marks-1")
    if status["state"] != "succeeded":
        status = project.json("resume", "marks-1")
    assert status["outputs"] == {"Output": sum(range(15))}
    done = [int(line) for line in whole_lines(marks)]
    assert sorted(set(done)) == list(range(15))
    assert len(done) - 15 <= 6  # a step that was cut off before its end was recorded, at most one for each kill


@pytest.mark.slow
def test_cancel_ends_a_run_of_another_process(project: Project) -> None:
    process, pids = started_gate(project)
    assert project.json("status", "gate-1")["state"] == "running"
    assert "is being driven by process" in project.json("resume", "gate-1", code=1)["error"]
    assert project.json("cancel", "gate-1")["state"] == "cancelled"
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert json.loads(out)["state"] == "cancelled"
    assert not any(map(is_alive, pids))
    assert finish(project)["state"] == "succeeded"


@pytest.mark.slow
def test_logs_follow_a_run_of_another_process(project: Project) -> None:
    project.write(GATE.replace("while not", 'print("waiting", flush=True)\n        while not'))
    words = ["run", "pipeline.py", "-p", f"folder={project.folder}", "--run-id", "gate-1", "--json"]
    process = project.start(*words)
    wait_for(lambda: len(whole_lines(project.folder / "gate")) >= 2)
    follower = project.start("logs", "gate-1", "-f")
    assert follower.stdout is not None
    assert follower.stdout.readline() == "gate | waiting\n"
    (project.folder / "open").touch()
    assert follower.communicate(timeout=30) == ("", "")
    process.communicate(timeout=30)
    assert (process.returncode, follower.returncode) == (0, 0)


@pytest.mark.slow
def test_a_journal_that_cannot_grow_stops_the_run_in_a_sentence_and_can_be_resumed(project: Project) -> None:
    project.write("""
        @dsl.component
        def large() -> str:
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            return "x" * 60_000

        @dsl.component
        def size(text: str) -> int:
            return len(text)

        @dsl.pipeline(name="large")
        def largest() -> int:
            return size(text=large().output).output
    """)

    def little_room() -> None:  # like a full disk, for the files that kfbridge writes
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))

    process = project.start("run", "pipeline.py", "--run-id", "large-1", preexec_fn=little_room)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    assert "Traceback" not in err
    assert "journal cannot be written: File too large" in out + err
    assert "kfbridge resume large-1" in out + err
    assert project.json("resume", "large-1")["outputs"] == {"Output": 60_000}


@pytest.mark.slow
def test_a_run_that_cannot_even_begin_leaves_nothing(project: Project) -> None:
    project.write(ADDING)

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))

    process = project.start("run", "pipeline.py", "--run-id", "adding-1", preexec_fn=no_room)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "spec.yaml cannot be written: File too large." in err
    assert project.json("run", "pipeline.py", "--run-id", "adding-1")["state"] == "succeeded"


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_error(project: Project) -> None:
    project.json("run", project.write(ADDING))
    command = f"{' '.join(COMMAND)} logs | head -n 1"
    done = subprocess.run(command, shell=True, cwd=project.folder, capture_output=True, text=True, check=True)
    assert done.stdout == "add | adding 3 and 1\n"
    assert done.stderr == ""


def test_closed_streams_stop_no_run(project: Project) -> None:
    project.write(
        """
        @dsl.component
        def step() -> None:
            print("hello")

        @dsl.pipeline(name="quiet")
        def pipeline():
            step()
        """
    )
    command = " ".join([*COMMAND, "run", "pipeline.py", "--run-id", "quiet", ">&-", "2>&-"])
    assert subprocess.run(["sh", "-c", command], cwd=project.folder).returncode == 0
    assert project.json("status", "quiet")["state"] == "succeeded"
