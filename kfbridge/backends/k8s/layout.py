"""Where an attempt in a pod reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kfbridge.backends.k8s.root import BucketRoot, Root
from kfbridge.engine.context import is_copy
from kfbridge.engine.executor_input import executor_input
from kfbridge.engine.runner import TaskInvocation
from kfbridge.runs.paths import RunPaths, escape
from kfbridge.runtime.artifacts import MOUNTS, WORKSPACE, to_path

FILES: Final = "/kfbridge/files"
"""Where the data of stores lie for which the runtime has no folder of its own (``abfss://``, ``az://``)."""

WORK: Final = "/kfbridge/work"
"""Where an attempt writes its parameters and its executor output, when they are staged out from there."""

_START: Final = Path("/")  # paths of a run are made from here, then placed under the root


@dataclass(frozen=True, slots=True)
class PodLayout:
    """The engine's `Layout` of one attempt: everything as the step itself sees it, and as the records keep it.

    On a claim, URIs are paths under `root.MOUNT`, the same in every pod; in a bucket, they are the bucket's.
    """

    invocation: TaskInvocation
    root: Root

    @property
    def staged(self) -> bool:
        """Whether data are copied in before the step and out after it."""
        return isinstance(self.root, BucketRoot)

    @property
    def attempt_name(self) -> str:
        """The attempt's folder as a name under the root: ``RUN/tasks/train/1``."""
        return str(self._paths.attempt(self.invocation.key, self.invocation.attempt).relative_to(_START))

    @property
    def folder(self) -> str:
        """The attempt's own folder in the pod, where its executor output and its parameters are written."""
        if self.staged:
            return WORK
        return f"{self.root.place}/{self.attempt_name}"

    @property
    def executor_output(self) -> str:
        """The path of ``executor_output.json``."""
        return f"{self.folder}/executor_output.json"

    def artifact_uri(self, name: str) -> str:
        """The URI of an output artifact."""
        path = self._paths.artifact(self.invocation.key, self.invocation.attempt, name)
        return f"{self.root.place}/{path.relative_to(_START)}"

    def parameter_file(self, name: str) -> str:
        """The path of the file of an output parameter."""
        return f"{self.folder}/outputs/{escape(name)}"

    def executor_input(self) -> dict[str, Any]:
        """KFP's ExecutorInput; artifacts of stores that the runtime has no folder for say themselves where they lie."""
        made = executor_input(self.invocation, self)
        for side in ("inputs", "outputs"):
            for group in made[side]["artifacts"].values():
                group["artifacts"] = [_placed(one) for one in group["artifacts"]]
        return made

    @property
    def _paths(self) -> RunPaths:
        return RunPaths(_START / escape(self.invocation.run_id))


def path_of(uri: str) -> str:
    """From a URI to the path at which a step in a pod finds it."""
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme == "file" or f"{scheme}://" in MOUNTS:
        return to_path(uri)
    return f"{FILES}/{scheme}/{rest}"


def is_workspace_copy(path: str) -> bool:
    """Whether a path is one where an importer wants a copy of its data: ``download_to_workspace``."""
    return is_copy(path, WORKSPACE)


def folders_of(uris: Iterable[str]) -> list[str]:
    """The folders under which the data of URIs lie, sorted; paths have none."""
    return sorted({_folder(uri) for uri in uris if "://" in uri and not uri.startswith("file://")})


def _folder(uri: str) -> str:
    scheme = uri.partition("://")[0] + "://"
    return MOUNTS.get(scheme, f"{FILES}/").rstrip("/")


def _placed(artifact: Mapping[str, Any]) -> dict[str, Any]:
    path = path_of(artifact["uri"])
    told = artifact.get("custom_path") or path == to_path(artifact["uri"])
    return dict(artifact) if told else {**artifact, "custom_path": path}
