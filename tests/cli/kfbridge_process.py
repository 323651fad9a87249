"""kfbridge as a person runs it: a command line, its output, its exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from kfbridge.cli import main

COMMAND = [sys.executable, "-m", "kfbridge"]


class Project:
    """A folder with a pipeline file and its runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / ".kfbridge" / "runs"

    def write(self, text: str, name: str = "pipeline.py") -> str:
        """Write a pipeline file; `dsl` is imported in it."""
        (self.folder / name).write_text("from kfbridge import dsl\n\n" + textwrap.dedent(text))
        return name

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start kfbridge in the folder."""
        env = {**os.environ, "KFBRIDGE_GRACE": "2", **more.pop("env", {})}
        return subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.folder,
            env=env,
            text=True,
            stdout=more.pop("stdout", subprocess.PIPE),
            stderr=more.pop("stderr", subprocess.PIPE),
            **more,
        )

    def call(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Carry out a command line, in this process, with this exit code; its output and its errors."""
        out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
        os.chdir(self.folder)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                found = main(words)
        finally:
            os.chdir(before)
        assert found == code, f"exit code {found}\n{out.getvalue()}\n{err.getvalue()}"
        return out.getvalue(), err.getvalue()

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Carry out a command line with ``--json``; its document."""
        document: dict[str, Any] = json.loads(self.call(*words, "--json", code=code)[0])
        return document


def states(document: dict[str, Any]) -> dict[str, str]:
    """The state of each task of a run's document, by path."""
    return {task["path"]: task["state"] for task in document["tasks"]}


def wait_for(condition: Callable[[], Any], timeout: float = 30.0) -> Any:
    """What a condition gives, once it gives something."""
    until = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that other processes append to."""
    text = path.read_text() if path.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()
