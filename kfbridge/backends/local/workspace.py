"""The folder that all steps of a run share, and the copies that importers want in it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.surroundings import Mount
from kfbridge.engine.context import RunContext
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.runtime.artifacts import WORKSPACE, to_path


def workspace_mounts(context: RunContext, *, in_docker: bool) -> tuple[Mount, ...]:
    """What shows the workspace at the place that it has in every pod of KFP, ``/kfp-workspace``.

    Nothing where there is no workspace, where this machine mounts nothing, or where the run itself lies at that place.
    """
    folder = context.options.get("workspace_path")
    if not folder or Path(folder).is_relative_to(WORKSPACE) or not (in_docker or not obstacle()):
        return ()
    return (Mount(Path(folder), WORKSPACE, name=WORKSPACE.strip("/")),)


def is_remote(uri: str) -> bool:
    """Whether the data of a URI are not on this machine."""
    return "://" in uri and not uri.startswith("file://")


def bring_copies(invocation: TaskInvocation, context: RunContext) -> None:
    """Copy into the workspace what importers want there and this step reads, unless it is there.

    Raises:
        BackendError: The data are elsewhere, or do not exist, or cannot be copied.
    """
    for found in invocation.artifacts.values():
        for artifact in found:
            if context.is_workspace_copy(artifact.custom_path) and not Path(artifact.custom_path).exists():
                _bring(artifact.uri, Path(artifact.custom_path))


def _bring(uri: str, copy: Path) -> None:
    if is_remote(uri):
        raise BackendError(
            f"it reads a copy of {uri}, which is not on this machine",
            remedy="Fetch it, and give its path as the importer's URI.",
            backend="local",
        )
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=copy.parent) as folder:
            draft = Path(folder) / "data"
            source = Path(to_path(uri))
            if source.is_dir():
                shutil.copytree(source, draft, symlinks=True)
            else:
                shutil.copy2(source, draft)
            draft.replace(copy)
    except (OSError, shutil.Error) as error:
        raise BackendError(
            f"{uri} cannot be copied into the workspace: {getattr(error, 'strerror', None) or error}",
            remedy="Correct the importer's URI, or free space.",
            backend="local",
        ) from error
