"""Container components as commands of this machine: as they are, or through the docker command line."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """What to start: the arguments, the whole environment, and what to run if it must be ended early."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cleanup: tuple[str, ...] = ()


def host_command(command: Sequence[str], args: Sequence[str], env: Mapping[str, str]) -> Command:
    """The container's command as a process of this machine, with this machine's environment under the container's.

    The folder of kfbridge's own interpreter comes last on the PATH, so that ``python3`` is found anywhere.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    return Command((*command, *args), {**os.environ, "PATH": path, **env})


def docker_command(
    docker: str,
    name: str,
    image: str,
    command: Sequence[str],
    args: Sequence[str],
    env: Mapping[str, str],
    *,
    folder: Path,
    read_only: Iterable[Path] = (),
) -> Command:
    """The container through ``docker run``, as this user, with the same paths inside as outside.

    Args:
        docker: The docker command line; may hold options (``docker --context x``).
        name: The container's name, by which it is killed.
        image: The image.
        command: What replaces the image's entrypoint; empty keeps it.
        args: The arguments of the command, or of the image's entrypoint.
        env: The container's environment.
        folder: Mounted writable: all that the step reads and writes lies in it.
        read_only: Mounted too: inputs that lie elsewhere.
    """
    program = shlex.split(docker)
    options = ["--rm", "--init", "--name", name, "--volume", f"{folder}:{folder}"]
    for path in dict.fromkeys(read_only):
        options += ["--volume", f"{path}:{path}:ro"]
    if hasattr(os, "getuid"):
        options += ["--user", f"{os.getuid()}:{os.getgid()}"]
    for key, value in {"HOME": "/tmp", **env}.items():  # a user without a home would write to /
        options += ["--env", f"{key}={value}"]
    if command:
        options += ["--entrypoint", command[0]]
    argv = (*program, "run", *options, image, *command[1:], *args)
    return Command(argv, dict(os.environ), (*program, "kill", name))


def container_name(run_id: str, key: str, attempt: int) -> str:
    """A name that docker takes, different for every attempt of this process."""
    digest = hashlib.sha256(f"{run_id}/{key}/{attempt}/{os.getpid()}".encode()).hexdigest()[:12]
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", key.rpartition("/")[2])[:40].strip("-.")
    return f"kfbridge-{stem or 'step'}-{digest}"
