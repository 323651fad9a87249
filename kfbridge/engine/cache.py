"""Outputs of earlier attempts, found again by what the attempt would compute."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from kfbridge.engine.events import Outputs, outputs_from_json, outputs_to_json
from kfbridge.engine.runner import TaskInvocation
from kfbridge.spec.boot import read_boot

_VERSION = 1


class Cache(Protocol):
    """Where outputs are kept by fingerprint."""

    def lookup(self, fingerprint: str) -> Outputs | None:
        """The outputs kept under a fingerprint, if they are still there."""

    def store(self, fingerprint: str, outputs: Outputs) -> None:
        """Keep outputs; a cache that cannot is none, and says nothing."""


def fingerprint(invocation: TaskInvocation) -> str:
    """What tells whether two attempts would compute the same (KFP's key).

    Component, image, command, arguments, environment, inputs, output specs and mounted volumes count; where the
    command boots a Python function, its source and packages count instead, so that a new version of kfbridge changes
    nothing. The user's own cache key, if given, stands for all but the component.
    """
    content: Any = [_VERSION, invocation.component]
    content.append(invocation.cache_key if invocation.cache_key else _content(invocation))
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _content(invocation: TaskInvocation) -> dict[str, Any]:
    container, outputs = invocation.container, invocation.outputs
    return {
        "image": container.image,
        "program": _program(container.command, container.args),
        "env": sorted(container.env),
        "parameters": invocation.parameters,
        "artifacts": {
            name: [[one.name, one.schema_title, one.uri] for one in found]
            for name, found in invocation.artifacts.items()
        },
        "output_parameters": {name: port.type.value for name, port in outputs.parameters.items()},
        "output_artifacts": {
            name: [port.schema_title, port.schema_version, port.is_list] for name, port in outputs.artifacts.items()
        },
        "volumes": invocation.platforms.get("kubernetes", {}).get("pvcMount"),
    }


@lru_cache(maxsize=1024)
def _program(command: tuple[str, ...], args: tuple[str, ...]) -> str:
    """What a command does: of one that boots a Python function, what the user wrote, however it is booted."""
    boot = read_boot(command, args)
    if boot is None or boot.unknown or boot.source is None:
        content: Any = [command, args]
    else:
        content = [boot.function, boot.source, boot.packages, boot.index_urls, boot.extra_args]
        content += [boot.conditions] if boot.conditions else []
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class FileCache:
    """A cache in a folder: one JSON file for each fingerprint.

    An entry counts as long as all that its artifacts named when they were kept is still there.

    Args:
        folder: Where; made when the first outputs are kept.
        exists: Whether there is something at a URI or path.
    """

    def __init__(self, folder: Path, exists: Callable[[str], bool] | None = None) -> None:
        self.folder = folder
        self._exists = exists or _exists_here

    def lookup(self, fingerprint: str) -> Outputs | None:
        """The outputs kept under a fingerprint; a file that is broken counts as none."""
        try:
            entry = json.loads(self.path(fingerprint).read_text("utf-8"))
            outputs = outputs_from_json(entry["outputs"])
            there = all(self._exists(place) for place in entry["places"])
        except (OSError, ValueError, LookupError, TypeError):
            return None
        return outputs if there else None

    def store(self, fingerprint: str, outputs: Outputs) -> None:
        """Keep outputs, whole or not at all; where the folder cannot be written, nothing is kept."""
        places = {one.custom_path or one.uri for found in outputs.artifacts.values() for one in found}
        entry = {
            "places": sorted(place for place in places if self._exists(place)),  # metrics, say, may have no file
            "outputs": outputs_to_json(outputs),
        }
        path = self.path(fingerprint)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        except OSError:
            return
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entry, file)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)

    def path(self, fingerprint: str) -> Path:
        """Where the entry of a fingerprint lies, or would lie."""
        return self.folder / fingerprint[:2] / f"{fingerprint}.json"


def _exists_here(uri: str) -> bool:
    """Whether a local URI names something; of other schemes nothing is known, so they count as there."""
    scheme, separator, rest = uri.partition("://")
    if separator and scheme != "file":
        return True
    return Path(rest if separator else uri).exists()
