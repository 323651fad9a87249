"""Programs that a person has on the path, which take minutes and say meanwhile what they do: docker, kind."""

from __future__ import annotations

import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from kfbridge.errors import BackendError

Tell: TypeAlias = Callable[[str], None]
"""Is told each line that a program prints."""

_INSTALL: Final[Mapping[str, str]] = {
    "docker": "Install Docker, or use another cluster: kfbridge k8s install works on any.",
    "kind": "Install it (https://kind.sigs.k8s.io), or use another cluster: kfbridge k8s install works on any.",
}
_LAST: Final = 3  # lines of what a program said that are quoted


def need(*programs: str) -> None:
    """See that programs are there, before the first of them does anything.

    Raises:
        BackendError: One is not.
    """
    for program in programs:
        if shutil.which(program) is None:
            raise BackendError(f"There is no {program} on the path.", remedy=_INSTALL[program], backend="k8s")


def call(program: str, *arguments: str, tell: Tell, remedy: str) -> list[str]:
    """Run a program to its end; the lines that it printed.

    Args:
        program: Its name.
        arguments: What it is given.
        tell: Is told what it prints, both of its outputs.
        remedy: What the user can do when it fails.

    Raises:
        BackendError: It fails; in its own last words.
    """
    command = [shutil.which(program) or program, *arguments]
    last: deque[str] = deque(maxlen=_LAST)
    lines = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if line.strip():
                last.append(line.strip())
            tell(line.rstrip())
    if process.returncode:
        said = " ".join(last) or f"exit code {process.returncode}"
        raise BackendError(f"{program} {' '.join(arguments[:2])} failed: {said}", remedy=remedy, backend="k8s")
    return lines


def succeeds(program: str, *arguments: str) -> bool:
    """Whether a program ends with 0; what it prints is not shown."""
    command = [shutil.which(program) or program, *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
