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

from kfbridge.backends.local.mounting import mounting
from kfbridge.backends.local.surroundings import NOTHING, Surroundings


@dataclass(frozen=True, slots=True)
class Command:
    """What to start: the arguments, the whole environment, and what to run if it must be ended early."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cleanup: tuple[str, ...] = ()


def host_command(
    command: Sequence[str],
    args: Sequence[str],
    env: Mapping[str, str],
    surroundings: Surroundings = NOTHING,
    error: Path | None = None,
) -> Command:
    """The container's command as a process of this machine, with this machine's environment under the container's.

    The folder of kfbridge's own interpreter comes last on the PATH, so that ``python3`` is found anywhere. Where the
    step has volumes, a small program mounts them and then becomes the command; `error` is where it says why not.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    before = mounting(surroundings, error) if surroundings.mounts or surroundings.before else ()
    return Command((*before, *command, *args), {**os.environ, "PATH": path, **env, **surroundings.env})


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
    surroundings: Surroundings = NOTHING,
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
        surroundings: Volumes, mounted at their places, and variables, whose values are no part of the command.
    """
    program = shlex.split(docker)
    options = ["--rm", "--init", "--name", name, "--volume", f"{folder}:{folder}"]
    for path in dict.fromkeys(read_only):
        options += ["--volume", f"{path}:{path}:ro"]
    for mount in surroundings.mounts:
        options += ["--volume", f"{mount.source}:{mount.target}" + (":ro" if mount.read_only else "")]
    if hasattr(os, "getuid"):
        options += ["--user", f"{os.getuid()}:{os.getgid()}"]
    for key, value in {"HOME": "/tmp", **env}.items():  # a user without a home would write to /
        options += ["--env", f"{key}={value}"]
    for key in surroundings.env:
        options += ["--env", key]
    if command:
        options += ["--entrypoint", command[0]]
    argv = (*program, "run", *options, image, *command[1:], *args)
    return Command(argv, {**os.environ, **surroundings.env}, (*program, "kill", name))


def container_name(run_id: str, key: str, attempt: int) -> str:
    """A name that docker takes, different for every attempt of this process."""
    digest = hashlib.sha256(f"{run_id}/{key}/{attempt}/{os.getpid()}".encode()).hexdigest()[:12]
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", key.rpartition("/")[2])[:40].strip("-.")
    return f"kfbridge-{stem or 'step'}-{digest}"
