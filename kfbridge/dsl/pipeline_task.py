"""A task: one call of a component in a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfbridge.dsl.constants import bind_constant, unwrapped
from kfbridge.dsl.location import Location, here, user_location
from kfbridge.dsl.names import kebab
from kfbridge.dsl.pipeline_channel import PipelineChannel, channel_of
from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import INJECTED_TYPES, ComponentSpec, ContainerImplementation, GraphImplementation
from kfbridge.dsl.task_settings import TaskSettings
from kfbridge.dsl.type_check import constant_fits, describe, describe_constant, fits
from kfbridge.errors import CompileError, TypeMismatchError

if TYPE_CHECKING:
    from typing_extensions import Self

    from kfbridge.dsl.tasks_group import TasksGroup
    from kfbridge.spec import PlatformSpec


class Outputs(dict[str, PipelineChannel]):
    """The outputs of a task by name; an unknown name is an error that says which there are."""

    def __init__(self, task: PipelineTask) -> None:
        super().__init__()
        self._task = task
        for name, spec in task.component_spec.outputs.items():
            self[name] = channel_of(Reference(name, spec.type, task, spec.is_artifact_list, spec.hint))

    def __missing__(self, name: str) -> PipelineChannel:
        raise CompileError(
            f"The task {self._task.name!r} has no output {name!r}.", where=here(), remedy=nearest(name, self, "output")
        )


class PipelineTask(TaskSettings):
    """One call of a component; made by calling a component, not directly.

    Attributes:
        name: Its name in the pipeline.
        bindings: What each input that was given is fed with: a `Reference`, or a bound constant.
        references: Every reference in the arguments.
        inner_references: Those of them that are inside of text, lists and dictionaries.
        parent_task_group: The group it lies in.
        dependent_tasks: The names of the tasks and groups it comes after.
        location: The user's line.
    """

    __slots__ = (
        "_arguments",
        "_outputs",
        "after_tasks",
        "bindings",
        "ignores_failure",
        "inner_references",
        "is_exit_handler",
        "location",
        "parent_task_group",
        "references",
    )

    def __init__(self, component_spec: ComponentSpec, args: Mapping[str, Any]) -> None:
        super().__init__(Pipeline.get_execution_caching_default())
        self.component_spec = component_spec
        self.location: Location = user_location()
        self.parent_task_group: TasksGroup | None = None
        self.after_tasks: list[PipelineTask | TasksGroup] = []
        self.ignores_failure = False
        self.is_exit_handler = False
        self.references: list[Reference] = []
        self.inner_references: list[Reference] = []
        self.bindings: dict[str, Any] = {}
        self._outputs: Mapping[str, Any] | None = None
        self._arguments = dict(args)
        for name, value in args.items():
            self._bind(name, value)
        self.references += self.inner_references
        pipeline = Pipeline.get_default_pipeline()
        name = component_spec.name
        self.name = pipeline.add_task(self, name) if pipeline is not None else kebab(name)

    def _bind(self, name: str, value: Any) -> None:
        spec = self.component_spec.inputs[name]
        value = unwrapped(value)
        if isinstance(value, PipelineChannel):
            ref = value._ref
            if not fits(ref, spec):
                raise self._mismatch(name, describe(ref), describe(spec))
            self.references.append(ref)
            self.bindings[name] = ref
        elif value is None and spec.optional:
            del self._arguments[name]
        else:
            what = f"The argument {name!r} of {kebab(self.component_spec.name)!r}"
            bound = bind_constant(value, what, self.inner_references)
            if not constant_fits(list(value) if isinstance(value, tuple) else value, spec):
                raise self._mismatch(name, describe_constant(value), describe(spec))
            self.bindings[name] = bound

    def _mismatch(self, name: str, given: str, expected: str) -> TypeMismatchError:
        return TypeMismatchError(
            f"The task {kebab(self.component_spec.name)!r} takes {expected} as its argument {name!r}, but got {given}.",
            where=here(),
            remedy=f"Pass a value or an output of type {expected}.",
        )

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments as they were passed."""
        return self._arguments

    @property
    def channel_inputs(self) -> list[PipelineChannel]:
        """The channels among and inside of the arguments."""
        return [channel_of(ref) for ref in self.references]

    @property
    def outputs(self) -> Mapping[str, PipelineChannel]:
        """The outputs by name."""
        if self._outputs is None:
            self._outputs = Outputs(self)
        return self._outputs

    @property
    def output(self) -> PipelineChannel:
        """The only output.

        Raises:
            CompileError: The task has none, or more than one.
        """
        outputs = self.outputs
        if len(outputs) != 1:
            names = ", ".join(repr(name) for name in outputs)
            raise CompileError(
                f"The task {self.name!r} has {len(outputs) or 'no'} outputs, so .output is not one of them.",
                where=here(),
                remedy=f"Use .outputs[...] with one of {names}." if names else "Use .after(task) to come after it.",
            )
        return next(iter(outputs.values()))

    @property
    def dependent_tasks(self) -> list[str]:
        """The names of the tasks and groups that this one comes after."""
        return [task.name for task in self.after_tasks]

    @property
    def container_spec(self) -> ContainerImplementation | None:
        """The component's container; None for a pipeline or an importer."""
        implementation = self.component_spec.implementation
        return implementation if isinstance(implementation, ContainerImplementation) else None

    @property
    def platform_spec(self) -> PlatformSpec:
        """The second document of the pipeline that this task runs.

        Raises:
            CompileError: It runs no pipeline; what is set on such a task is in `platform_config`.
        """
        from kfbridge.spec import PlatformSpec

        implementation = self.component_spec.implementation
        if not isinstance(implementation, GraphImplementation):
            raise CompileError(
                f"The task {self.name!r} runs no pipeline, so it has no .platform_spec.",
                where=here(),
                remedy="Use .platform_config.",
            )
        return PlatformSpec.model_validate(implementation.platform)

    def after(self, *tasks: PipelineTask | TasksGroup) -> Self:
        """Start only when these tasks, or exit handlers, have ended."""
        from kfbridge.dsl.tasks_group import ExitHandler

        for task in tasks:
            if not isinstance(task, (PipelineTask, ExitHandler)):
                raise CompileError(
                    f"The task {self.name!r} cannot come after a {type(task).__name__}.",
                    where=here(),
                    remedy="Pass tasks, or a dsl.ExitHandler.",
                )
            self.after_tasks.append(task)
        return self

    def ignore_upstream_failure(self) -> Self:
        """Start when the tasks before it have ended in any way, not only well.

        Raises:
            CompileError: An input is fed by another task and has no default to fall back to.
        """
        for name, spec in self.component_spec.inputs.items():
            binding = self.bindings.get(name)
            producer = binding.producer if isinstance(binding, Reference) else None
            if producer is not None and not spec.optional and spec.type not in INJECTED_TYPES:
                raise CompileError(
                    f"The task {self.name!r} ignores upstream failures, but its input {name!r} is an output of "
                    f"{producer.name!r} and has no default.",
                    where=here(),
                    remedy=f"Give {name!r} a default in the component.",
                )
        self.ignores_failure = True
        return self


def nearest(name: str, known: Mapping[str, Any], kind: str) -> str:
    """A remedy that names the nearest of the known names, or all of them."""
    if not known:
        return f"There is no {kind}."
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"There is: {', '.join(repr(other) for other in known)}."
