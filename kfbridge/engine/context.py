"""What is the same for every task of a run, and what placeholders say about the run."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from kfbridge.engine.events import RunStarted

_COPIES = ".artifacts"  # the folder of the workspace for what importers copy there; KFP's own name

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "kfbridge:run")


@dataclass(frozen=True, slots=True)
class RunContext:
    """The run that tasks belong to.

    Args:
        run_id: The run's id, which is also its name for ``{{$.pipeline_job_name}}``.
        pipeline: The pipeline's name.
        created: When the run began, in seconds since the epoch.
        options: What was chosen for this run: ``pipeline_root`` and ``workspace_path`` (text), ``failure_policy``
            (``slow`` or ``fast``).
    """

    run_id: str
    pipeline: str
    created: float
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, event: RunStarted, pipeline: str) -> RunContext:
        """The context of the run that `event` begins."""
        return cls(event.run_id, pipeline, event.time, event.options)

    @property
    def stops_on_failure(self) -> bool:
        """Whether no new task is started once one has failed."""
        return bool(self.options.get("failure_policy") == "fast")

    def workspace_copy(self, uri: str) -> str:
        """Where an importer with ``download_to_workspace`` wants the data of `uri`; empty without a workspace."""
        workspace = self.options.get("workspace_path")
        if not workspace:
            return ""
        digest = hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{workspace}/{_COPIES}/{digest}/{uri.rstrip('/').rpartition('/')[2] or 'data'}"

    def is_workspace_copy(self, path: str) -> bool:
        """Whether `path` is one that `workspace_copy` gave."""
        workspace = self.options.get("workspace_path")
        return bool(workspace) and is_copy(path, str(workspace))

    def names(self, key: str, task: str) -> dict[str, str]:
        """The values of the ``{{$.pipeline_...}}`` placeholders for the task instance `key`."""
        created = datetime.fromtimestamp(self.created, timezone.utc).isoformat(timespec="seconds")
        names = {
            "pipeline_job_name": self.run_id,
            "pipeline_job_resource_name": self.run_id,
            "pipeline_job_uuid": str(uuid.uuid5(_SPACE, self.run_id)),
            "pipeline_task_name": task,
            "pipeline_task_uuid": str(uuid.uuid5(_SPACE, f"{self.run_id}/{key}")),
            "pipeline_root": str(self.options.get("pipeline_root", "")),
            "pipeline_job_create_time_utc": created.replace("+00:00", "Z"),
            "pipeline_job_schedule_time_utc": created.replace("+00:00", "Z"),
        }
        if workspace := self.options.get("workspace_path"):
            names["workspace_path"] = str(workspace)
        return names


def is_copy(path: str, workspace: str) -> bool:
    """Whether a path is one where importers with ``download_to_workspace`` want copies in the folder `workspace`."""
    return path.startswith(f"{workspace}/{_COPIES}/")
