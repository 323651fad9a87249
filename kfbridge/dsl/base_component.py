"""What all components share: they are called inside of a pipeline, and each call is a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfbridge.dsl.location import here
from kfbridge.dsl.messages import message
from kfbridge.dsl.names import kebab
from kfbridge.dsl.outside import get_runner
from kfbridge.dsl.pipeline_task import PipelineTask, nearest
from kfbridge.dsl.structures import INJECTED_TYPES, ComponentSpec, ContainerImplementation, GraphImplementation
from kfbridge.errors import ArgumentError, CompileError

if TYPE_CHECKING:
    from kfbridge.spec import PipelineSpec, PlatformSpec


class BaseComponent:
    """A component; the base of `PythonComponent`, `ContainerComponent`, `YamlComponent` and `GraphComponent`.

    Attributes:
        component_spec: Its interface and implementation.
        name: Its name, in the characters of the IR.
        description: Free text, or None.
    """

    def __init__(self, component_spec: ComponentSpec) -> None:
        self.component_spec = component_spec
        self.name = kebab(component_spec.name)
        self.description = component_spec.description or None
        self._documents: tuple[dict[str, Any], dict[str, Any]] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> PipelineTask:
        """Make a task of this component; outside of a pipeline, after `kfbridge.local.init`, run it.

        Args:
            args: None are allowed; KFP's components take keyword arguments only.
            kwargs: Constants, or channels of the pipeline, by input.

        Raises:
            ArgumentError: An argument is positional, unknown or missing.
            TypeMismatchError: An argument does not fit its input.
        """
        if args:
            raise ArgumentError(
                f"The component {self.name!r} got {len(args)} positional arguments.",
                where=here(),
                remedy="Pass every argument by its name.",
            )
        inputs = self.component_spec.inputs
        for name in kwargs:
            if name not in inputs or inputs[name].type in INJECTED_TYPES:
                raise ArgumentError(
                    f"The component {self.name!r} has no input {name!r}.",
                    where=here(),
                    remedy=nearest(name, {key: 0 for key in inputs if inputs[key].type not in INJECTED_TYPES}, "input"),
                )
        missing = [name for name in self.required_inputs if name not in kwargs]
        if missing:
            raise ArgumentError(
                f"The component {self.name!r} is called without {', '.join(repr(name) for name in missing)}.",
                where=here(),
                remedy="Pass a value for each input that has no default.",
            )
        runner = get_runner()
        return PipelineTask(self.component_spec, kwargs) if runner is None else runner(self, kwargs)

    @property
    def required_inputs(self) -> list[str]:
        """The inputs that every call must give."""
        return [name for name, spec in self.component_spec.inputs.items() if not spec.optional]

    @property
    def documents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The compiled pipeline and its second document (empty when not needed), in JSON form; not to be changed."""
        implementation = self.component_spec.implementation
        if isinstance(implementation, GraphImplementation):
            return dict(implementation.pipeline), dict(implementation.platform)
        if self._documents is None:
            from kfbridge.dsl.lowering.single import lower_component

            self._documents = lower_component(self.component_spec)
        return self._documents

    @property
    def pipeline_spec(self) -> PipelineSpec:
        """The compiled pipeline; a component on its own becomes a pipeline of one task.

        It is KFP's own message for code that was written for KFP (`kfbridge.dsl.messages`).
        """
        from kfbridge.spec import PipelineSpec

        found = message("PipelineSpec", self.documents[0])
        return PipelineSpec.model_validate(self.documents[0]) if found is None else found

    @property
    def platform_spec(self) -> PlatformSpec:
        """The second document, with the settings for platforms; KFP's own message as `pipeline_spec` is."""
        from kfbridge.spec import PlatformSpec

        found = message("PlatformSpec", self.documents[1])
        return PlatformSpec.model_validate(self.documents[1]) if found is None else found

    def execute(self, **kwargs: Any) -> Any:
        """Run the component right here, where it has a Python function.

        Raises:
            CompileError: It has none.
        """
        raise CompileError(
            f"The component {self.name!r} has no Python function to call.",
            where=here(),
            remedy="Run a pipeline with it: `kfbridge run`.",
        )

    def refuse_output_lists(self) -> None:
        """Refuse outputs that are lists of artifacts, which only pipelines can have.

        Raises:
            CompileError: There is one.
        """
        if not isinstance(self.component_spec.implementation, ContainerImplementation):
            return
        for name, spec in self.component_spec.outputs.items():
            if spec.is_artifact_list:
                raise CompileError(
                    f"The output {name!r} of the component {self.name!r} is a list of artifacts; only pipelines can "
                    "have those.",
                    where=here(),
                    remedy="Declare one output per artifact, or collect them over a loop with dsl.Collected.",
                )
