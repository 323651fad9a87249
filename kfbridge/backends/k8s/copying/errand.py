"""The variables by which a staging container is told what to copy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.errors import UsageError
from kfbridge.storage import Settings

ROOT: Final = "KFBRIDGE_ROOT"
"""The URI of the artifact root; not there where the root is a claim, which pods mount."""

STORAGE: Final = "KFBRIDGE_STORAGE"
"""JSON of the fields of `kfbridge.storage.Settings` that are not what they are by default."""

ATTEMPT: Final = "KFBRIDGE_ATTEMPT"
"""The attempt's folder as a name under the root: ``RUN/tasks/train/1``."""

FOLDERS: Final = "KFBRIDGE_FOLDERS"
"""The folders that all containers of the pod share, with colons between them, which no mount path may have."""

VOLUMES: Final = "KFBRIDGE_VOLUMES"
"""The folders of the step that outlive its pod and that these containers do not see: claims of the user's own."""

INPUTS: Final = "KFBRIDGE_INPUTS"
"""Where the root is a claim: the ExecutorInput itself, cut down to the artifacts that have to be brought."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be copied.

    Attributes:
        root: The URI of the artifact root; empty where it is mounted, and inputs from elsewhere alone are brought.
        settings: How stores are reached.
        attempt: The attempt's folder, as a name under the root.
        folders: The folders that the containers of the pod share.
        volumes: Folders of the step's own volumes that outlive the pod.
        inputs: The ExecutorInput, where it was given; else it lies in the attempt's folder.
    """

    root: str
    settings: Settings
    attempt: str
    folders: tuple[str, ...]
    volumes: tuple[str, ...] = ()
    inputs: Mapping[str, Any] | None = None


def errand_of(environment: Mapping[str, str]) -> Errand:
    """Read the variables.

    Raises:
        UsageError: One is missing, or cannot be read.
    """
    inputs = _read(environment, INPUTS) if INPUTS in environment else None
    settings = _read(environment, STORAGE) if environment.get(STORAGE) else {}
    try:
        return Errand(
            root="" if inputs is not None else _needed(environment, ROOT),
            settings=Settings(**settings),
            attempt="" if inputs is not None else _needed(environment, ATTEMPT),
            folders=tuple(_needed(environment, FOLDERS).split(":")),
            volumes=tuple(filter(None, environment.get(VOLUMES, "").split(":"))),
            inputs=inputs,
        )
    except TypeError as error:
        raise _unreadable(STORAGE, str(error)) from error


def as_paths(folders: Sequence[str]) -> str:
    """Folders as the value of a variable."""
    return ":".join(folders)


def _needed(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise UsageError(
            f"The variable {name} is not set.",
            remedy="Let kfbridge make the pod: it sets the variables of its staging containers.",
        )
    return environment[name]


def _read(environment: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        found = json.loads(environment[name])
    except ValueError as error:
        raise _unreadable(name, str(error)) from error
    if not isinstance(found, dict):
        raise _unreadable(name, "it is no JSON object")
    return found


def _unreadable(name: str, reason: str) -> UsageError:
    return UsageError(
        f"The variable {name} cannot be read: {reason}.",
        remedy="Use an image of the same version of kfbridge as the one that runs the pipeline: runtime_image.",
    )
