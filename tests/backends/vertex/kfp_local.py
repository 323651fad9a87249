"""The second judge: kfp's own local runner executes what a plan for Vertex AI sends. ``.ci/kfp-local`` makes it.

It knows nothing of kfbridge: the document is read by KFP's loader, the tasks are driven by KFP's orchestrator, and
Python functions are started by the commands in the document, in an environment where kfp is installed and no index
can be reached (`image/pip`).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.base import Plan

HERE = Path(__file__).resolve().parent
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
PYTHON = Path(os.environ.get("KFBRIDGE_KFP_LOCAL", _CACHE / "kfbridge-ci" / "kfp-local")) / "bin" / "python"


@dataclass(frozen=True)
class Verdict:
    """How kfp.local ran a pipeline; see `kfp_local_runner`."""

    state: str
    outputs: Mapping[str, Any]
    steps: tuple[tuple[str, Mapping[str, Any]], ...]
    error: str = ""

    def differences(self, state: str, outputs: Mapping[str, Any]) -> list[str]:
        """In what it is not what it must be, one sentence each."""
        found = [] if self.state == state else [f"The run is {self.state}, not {state}: {self.error}"]
        for name in sorted({*outputs, *self.outputs}) if state == "succeeded" else ():
            if not alike(outputs.get(name), self.outputs.get(name)):
                found.append(f"The output {name} is {self.outputs.get(name)!r}, not {outputs.get(name)!r}.")
        return found


def require() -> None:
    """Skip the test where the judge is not here."""
    if not PYTHON.exists():
        pytest.skip(f"{PYTHON} is not here: run .ci/kfp-local, or set KFBRIDGE_KFP_LOCAL")


def run(made: Plan, folder: Path, environment: Mapping[str, str] | None = None) -> Verdict:
    """Let kfp.local run the document of a plan."""
    file = folder / "pipeline_job.json"
    file.write_bytes(made.documents["pipeline_job.json"])
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(HERE / "image"), **(environment or {})}
    command = [PYTHON, HERE / "kfp_local_runner.py", file, folder / "root"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, timeout=240)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    steps = tuple((name, outputs) for name, outputs in found["steps"])
    return Verdict(found["state"], found["outputs"], steps, found.get("error", ""))


def alike(expected: Any, found: Any) -> bool:
    """Whether two values are equal; a whole number may be a double, which it is in the Struct that is sent."""
    type_of = getattr(expected, "type", None)
    if isinstance(type_of, str):  # SomeArtifact
        if not isinstance(found, dict) or found.get("type") != type_of:
            return False
        inside = found["metadata"]
        return all(alike(one, inside.get(key)) for key, one in expected.metadata.items())
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        if "metadata" in found and expected.keys() <= {"text", "type"}:  # an artifact, as an expectation says it
            return all(expected[key] == found.get(key) for key in expected)
        return expected.keys() == found.keys() and all(alike(expected[key], found[key]) for key in expected)
    if isinstance(expected, (list, tuple)) and isinstance(found, list):
        return len(expected) == len(found) and all(map(alike, expected, found))
    return isinstance(expected, bool) == isinstance(found, bool) and bool(expected == found)
