"""Whether and how this machine mounts a folder for one process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from kfbridge import runtime
from kfbridge.backends.local.surroundings import Mount, Surroundings

_PROGRAM = Path(runtime.__file__).parent / "mounts.py"
_NOWHERE = "/.kfbridge-probe/folder"


def mounting(surroundings: Surroundings, error: Path | None = None) -> tuple[str, ...]:
    """What stands before a command that needs the mounts; why they failed is written to the file `error`."""
    document = {
        "mounts": [mount.document() for mount in surroundings.mounts],
        "scratch": str(surroundings.scratch),
        "error": str(error or ""),
        "before": init_containers(surroundings),
    }
    return (sys.executable, "-I", "-S", str(_PROGRAM), json.dumps(document))


def init_containers(surroundings: Surroundings) -> list[dict[str, Any]]:
    """The init containers as `kfbridge.runtime.mounts` takes them: commands of this machine, without their images."""
    return [
        {
            "name": one.name,
            "argv": [*mounting(Surroundings(mounts=one.mounts, folder=one.folder)), *one.command],
            "env": dict(one.env),
        }
        for one in surroundings.before
    ]


@lru_cache
def obstacle() -> str:
    """Why this machine cannot mount a folder for one process; empty where it can, which is tried."""
    if not sys.platform.startswith("linux"):
        return "only Linux can mount a folder for one process"
    with tempfile.TemporaryDirectory(prefix="kfbridge-") as name:
        folder = Path(name)
        surroundings = Surroundings(mounts=(Mount(folder, _NOWHERE),), folder=folder)
        assert surroundings.scratch is not None
        surroundings.scratch.mkdir()
        command = [*mounting(surroundings), "test", "-d", f"{_NOWHERE}/mounts"]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = done.stderr.strip().removeprefix("kfbridge: ").rstrip(".")
    return "" if done.returncode == 0 else said or f"a trial ended with exit code {done.returncode}"
