"""What tests of the runtime share: the Pythons of this machine, ExecutorInputs, and steps as processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from kfbridge.spec.boot import EXECUTOR_INPUT, write_boot

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
HEADER = "\nimport kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\nfrom typing import *\n\n"


@lru_cache
def find_python(version: str) -> str | None:
    """An executable of this version, from the PATH or from pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    candidates = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        candidates.insert(0, sys.executable)
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        done = subprocess.run([candidate, "-c", ask], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None


def python_or_skip(version: str) -> str:
    """An executable of this version; skips the test where there is none."""
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on the PATH or under pyenv")
    return python


def artifact(folder: Path, key: str, title: str = "system.Dataset", **fields: Any) -> dict[str, Any]:
    """An artifact list of an ExecutorInput, with one artifact under `folder`."""
    return {"artifacts": [{"name": key, "uri": str(folder / key / "data"), "type": {"schemaTitle": title}, **fields}]}


def executor_input(
    folder: Path,
    parameters: dict[str, Any] | None = None,
    artifacts: dict[str, Any] | None = None,
    outputs: tuple[str, ...] = ("Output",),
    output_artifacts: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An ExecutorInput whose outputs go under `folder`."""
    return {
        "inputs": {"parameterValues": parameters or {}, "artifacts": artifacts or {}},
        "outputs": {
            "parameters": {name: {"outputFile": str(folder / "parameters" / name)} for name in outputs},
            "artifacts": output_artifacts or {},
            "outputFile": str(folder / "executor_output.json"),
        },
    }


@dataclass(frozen=True)
class Finished:
    """How a step's process ended: exit code, both outputs, the ExecutorOutput and the error record if written."""

    code: int
    out: str
    err: str
    output: dict[str, Any] | None
    error: dict[str, Any] | None


def run_step(
    folder: Path, source: str, task: dict[str, Any], function: str = "f", python: str = sys.executable, **env: str
) -> Finished:
    """Run a step by the command that kfbridge compiles, in an empty folder, with no kfbridge to import."""
    command, args = write_boot(function, HEADER + source)
    args = [json.dumps(task) if word == EXECUTOR_INPUT else word for word in args]
    folder.mkdir(exist_ok=True)
    error = folder / "error.json"
    done = subprocess.run(
        [python, "-I", *command[1:], *args],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "KFBRIDGE_ERROR_FILE": str(error), "TMPDIR": str(folder), **env},
        capture_output=True,
        text=True,
    )
    return Finished(done.returncode, done.stdout, done.stderr, _json(task["outputs"]["outputFile"]), _json(error))


def _json(path: str | Path) -> dict[str, Any] | None:
    return json.loads(Path(path).read_text()) if Path(path).exists() else None
