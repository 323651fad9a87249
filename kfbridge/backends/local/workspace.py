"""The folder that all steps of a run share, and the copies that importers want in it."""

from __future__ import annotations

from pathlib import Path

from kfbridge.backends.driven.imports import is_elsewhere
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.surroundings import Mount
from kfbridge.engine.context import RunContext
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.runtime.artifacts import WORKSPACE, to_path
from kfbridge.storage.copies import copy_path, make_copy


def workspace_mounts(context: RunContext, *, in_docker: bool) -> tuple[Mount, ...]:
    """What shows the workspace at the place that it has in every pod of KFP, ``/kfp-workspace``.

    Nothing where there is no workspace, where this machine mounts nothing, or where the run itself lies at that place.
    """
    folder = context.options.get("workspace_path")
    if not folder or Path(folder).is_relative_to(WORKSPACE) or not (in_docker or not obstacle()):
        return ()
    return (Mount(Path(folder), WORKSPACE, name=WORKSPACE.strip("/")),)


def is_out_of_reach(uri: str) -> bool:
    """Whether the data of a URI are neither on this machine nor at a store that can be opened."""
    return "://" in uri and not uri.lower().startswith("file://") and not is_elsewhere(uri)


def bring_copies(invocation: TaskInvocation, context: RunContext) -> None:
    """Copy into the workspace what importers want there and this step reads, unless it is there.

    What lies at a store was brought there before, by `ImportingRunner`.

    Raises:
        BackendError: The data are elsewhere, or do not exist, or cannot be copied.
    """
    for found in invocation.artifacts.values():
        for artifact in found:
            if context.is_workspace_copy(artifact.custom_path):
                _bring(artifact.uri, Path(artifact.custom_path))


def _bring(uri: str, copy: Path) -> None:
    if is_out_of_reach(uri):
        raise BackendError(
            f"it reads a copy of {uri}, which is neither on this machine nor at a store that kfbridge opens",
            remedy="Fetch it, and give its path as the importer's URI.",
            backend="local",
        )
    try:
        make_copy(copy, lambda draft: copy_path(Path(to_path(uri)), draft))
    except OSError as error:
        raise BackendError(
            f"{uri} cannot be copied into the workspace: {error.strerror or error}",
            remedy="Correct the importer's URI, or free space.",
            backend="local",
        ) from error
