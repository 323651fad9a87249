"""What `init` starts: from then on a call outside of a pipeline is a run of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kfbridge.dsl.location import here
from kfbridge.dsl.outside import set_runner
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.structures import OutputSpec
from kfbridge.errors import CompileError, RunError, UsageError

if TYPE_CHECKING:
    from kfbridge.backends.base import RunStatus
    from kfbridge.dsl.base_component import BaseComponent
    from kfbridge.local.runners import DockerRunner, SubprocessRunner

_SETTERS: Final = frozenset(
    name
    for name in dir(PipelineTask)
    if name.startswith(("set_", "add_")) or name in ("after", "ignore_upstream_failure")
)


class LocalRunError(RunError, RuntimeError):
    """A component or pipeline that was called after `init` failed; KFP raises a plain `RuntimeError`."""


class FinishedTask(PipelineTask):
    """A call that has run: its outputs are values, and artifacts whose `.path` can be read.

    Attributes:
        run_id: The run; ``kfbridge logs`` and ``kfbridge status`` know it, with the folder as the artifact root.
        state: How it ended: ``succeeded``, ``failed`` or ``cancelled``.
    """

    __slots__ = ("run_id", "state")

    run_id: str
    state: str

    def __getattribute__(self, name: str) -> Any:
        if name in _SETTERS:
            raise CompileError(
                f"{name} comes too late: the task has run already.",
                where=here(),
                remedy="Call the component in a function with @dsl.pipeline, set it there, and call the pipeline.",
            )
        return super().__getattribute__(name)


@dataclass(frozen=True, slots=True)
class Session:
    """How calls are run.

    Attributes:
        settings: Settings of the local target.
        raise_on_error: Whether a failed run raises; otherwise its task has no outputs.
    """

    settings: Mapping[str, Any]
    raise_on_error: bool

    def __call__(self, component: BaseComponent, arguments: Mapping[str, Any]) -> FinishedTask:
        """Run a component or pipeline to its end.

        Raises:
            RefusedError: The local backend cannot run it.
            LocalRunError: It failed.
        """
        from kfbridge import api

        task = FinishedTask(component.component_spec, arguments)
        if task.references:
            raise CompileError(
                f"The call of {component.name!r} takes {task.references[0].full_name!r}, which has no value here.",
                where=str(task.location),
                remedy="Pass values, or call it in a function with @dsl.pipeline.",
            )
        run = api.run(component, task.bindings, target="local", settings=self.settings)
        for path, line in run.logs(follow=True):
            print(f"[{path}] {line}")
        status = run.wait()
        if status.state != "succeeded" and self.raise_on_error:
            raise _failure(component.name, status)
        task.run_id, task.state = status.run_id, status.state
        task._outputs = _values(component.component_spec.outputs, status.outputs)
        return task


def init(
    runner: SubprocessRunner | DockerRunner,
    pipeline_root: str | Path = "./local_outputs",
    workspace_root: str | Path | None = None,
    raise_on_error: bool = True,
    enable_caching: bool = False,
    cache_root: str | Path | None = None,
) -> None:
    """Run every later call of a component or pipeline that is not made inside of a pipeline.

    Args:
        runner: What runs the steps.
        pipeline_root: The folder for the runs: records, logs and artifacts.
        workspace_root: Not taken; each run with a workspace has its own, in its folder.
        raise_on_error: Whether a failed run raises `LocalRunError`; otherwise its task has no outputs.
        enable_caching: Whether steps may be answered from earlier runs.
        cache_root: Not taken; the cache lies in `pipeline_root`.

    Raises:
        UsageError: Something is given that is not taken.
    """
    for name, value in (("workspace_root", workspace_root), ("cache_root", cache_root)):
        if value is not None:
            raise UsageError(
                f"local.init cannot put anything at {name}={str(value)!r}.",
                where=here(),
                remedy="Leave it out; workspaces and the cache lie under pipeline_root.",
            )
    root = str(pipeline_root)
    settings = {
        "containers": runner.containers,
        "artifact_root": root if "://" in root else str(Path(root).expanduser().absolute()),
        "cache": enable_caching,
    }
    set_runner(Session(settings, raise_on_error))


def _values(declared: Mapping[str, OutputSpec], outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _each(_artifact, value) if declared[name].is_artifact else value
        for name, value in outputs.items()
        if name in declared
    }


def _each(make: Callable[[Mapping[str, Any]], Any], value: Any) -> Any:
    return [make(part) for part in value] if isinstance(value, list) else make(value)


def _artifact(fields: Mapping[str, Any]) -> Any:
    from kfbridge.runtime.artifacts import make_artifact

    return make_artifact({**fields, "type": {"schemaTitle": fields.get("type", "")}})


def _failure(name: str, status: RunStatus) -> LocalRunError:
    failed = [task for task in status.tasks if task.state == "failed" and task.error and not task.group]
    reasons = [f"{task.path}: {task.error}" for task in failed] or [status.error or ""]
    return LocalRunError(
        "\n    ".join([f"The call of {name!r} has {status.state}.", *"\n".join(reasons).splitlines()]),
        where=status.run_id,
        remedy=f"Its logs are in {status.place}.",
    )
