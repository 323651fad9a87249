"""The decorator that makes a component of a function which describes a container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge.dsl.container_component_class import ContainerComponent
from kfbridge.dsl.interface import Interface
from kfbridge.dsl.location import Location
from kfbridge.dsl.names import human_name
from kfbridge.dsl.pipeline_task import nearest
from kfbridge.dsl.placeholders import (
    ArtifactPlaceholders,
    InputListOfArtifactsPlaceholder,
    InputValuePlaceholder,
    OutputListOfArtifactsPlaceholder,
    OutputParameterPlaceholder,
    element_to_text,
    names_in,
)
from kfbridge.dsl.structures import ComponentSpec, ContainerImplementation, ContainerSpec
from kfbridge.errors import CompileError


def container_component(func: Callable[..., Any]) -> ContainerComponent:
    """Make a component of a function that returns a `ContainerSpec`.

    The function is called once, with placeholders as its arguments.

    Raises:
        CompileError: It returns something else, or its command has parts that the IR cannot carry.
    """
    interface = Interface(func, containerized=True)
    container = func(**{name: _argument(name, interface) for name in interface.parameters})
    where = str(Location(func.__code__.co_filename, func.__code__.co_firstlineno))
    if not isinstance(container, ContainerSpec):
        raise CompileError(
            f"The function {func.__name__!r} returns a {type(container).__name__}, not a container.",
            where=where,
            remedy="Return dsl.ContainerSpec(image=..., command=[...], args=[...]).",
        )
    for element in (*(container.command or ()), *(container.args or ())):
        for io, name in names_in(element):
            known = interface.inputs if io == "inputs" else interface.outputs
            if name not in known:
                raise CompileError(
                    f"The command of {func.__name__!r} reads {name!r}, which is none of its {io}.",
                    where=where,
                    remedy=nearest(name, known, io[:-1]),
                )
    spec = ComponentSpec(
        name=human_name(func.__name__),
        implementation=ContainerImplementation(
            image=str(container.image),
            command=tuple(element_to_text(element) for element in container.command or ()),
            args=tuple(element_to_text(element) for element in container.args or ()),
        ),
        description=interface.description or "",
        inputs=interface.inputs,
        outputs=interface.outputs,
    )
    return ContainerComponent(spec, func)


def _argument(name: str, interface: Interface) -> Any:
    """What stands for an input or output while the function describes its container."""
    io = "outputs" if name in interface.outputs else "inputs"
    port = interface.outputs[name] if io == "outputs" else interface.inputs[name]
    if not port.is_artifact:
        return OutputParameterPlaceholder(name) if io == "outputs" else InputValuePlaceholder(name, port.type)
    if port.is_artifact_list:
        return OutputListOfArtifactsPlaceholder(name) if io == "outputs" else InputListOfArtifactsPlaceholder(name)
    artifact = ArtifactPlaceholders(name, io)
    return artifact.path if _is_path(interface.parameters[name]) else artifact


def _is_path(annotation: Any) -> bool:
    from kfbridge.runtime.annotations import InputPath, OutputPath

    return isinstance(annotation, (InputPath, OutputPath))
