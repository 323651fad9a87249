"""Whether this machine is ready to run pipelines."""

from __future__ import annotations

import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kfbridge.backends.base import Checkup
from kfbridge.backends.local.config import Config, Containers
from kfbridge.backends.local.interpreters import default_python
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.venvs import cache_folder

_LITTLE = 1 << 30  # bytes of free space below which a warning is due
_OLDEST = (3, 8)  # the oldest Python that the runtime inside a step supports
_PATIENCE = 20.0  # seconds for a program to answer


def checkups(config: Config, root: Path) -> Iterator[Checkup]:
    """What a run on this machine needs: the interpreter, places to write, docker if it is wanted, and mounting."""
    yield _interpreter(Path(config.python) if config.python else default_python())
    yield _place("artifact root", root)
    yield _place("environments of steps with packages", cache_folder())
    if config.containers is Containers.DOCKER:
        yield _docker(config.docker_command)
    why_not = obstacle()
    if why_not:
        yield Checkup(
            "mounting",
            None,
            f"is not possible: {why_not}. Steps that mount volumes or secrets are refused; others run",
        )
    else:
        yield Checkup("mounting", True, "folders can be mounted for a step")


def _interpreter(python: Path) -> Checkup:
    subject = "interpreter of Python steps"
    code = "import sys; print(*sys.version_info[:3], sep='.')"
    try:
        done = subprocess.run(
            [str(python), "-c", code], capture_output=True, text=True, timeout=_PATIENCE, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        said = f"{python} does not answer: {getattr(error, 'strerror', None) or error}"
        return Checkup(subject, False, said, 'Correct the setting "python" of the target.')
    version = done.stdout.strip()
    if done.returncode or tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        said = f"{python} is Python {version}" if version else f"{python} fails: {done.stderr.strip()[-200:]}"
        return Checkup(subject, False, said, "Give one that is 3.8 or later.")
    return Checkup(subject, True, f"{python} is Python {version}, on {platform.system()} {platform.machine()}")


def _place(subject: str, folder: Path) -> Checkup:
    """Whether `folder`, or what of it is there, takes files; nothing is left behind."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        remedy = "Give write permission there, or choose another place."
        return Checkup(subject, False, f"{folder} cannot be written: {error.strerror or error}", remedy)
    said = f"{folder} can be written, {free / 1e9:.1f} GB are free"
    return Checkup(subject, free > _LITTLE, said, "" if free > _LITTLE else "Free space there.")


def _docker(command: str) -> Checkup:
    subject = "docker"
    try:
        done = subprocess.run(
            [*shlex.split(command), "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        said = f"{command} does not answer: {getattr(error, 'strerror', None) or error}"
        return Checkup(subject, False, said, 'Install it, or set containers = "host" or "refuse".')
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        return Checkup(subject, False, f"{command} fails: {lines[-1]}", "Start its engine.")
    return Checkup(subject, True, f"{command} answers, its engine is {done.stdout.strip()}")
