"""The decorator that makes a component of a Python function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, overload

from kfbridge.dsl.embedding import embedding_source
from kfbridge.dsl.interface import Interface
from kfbridge.dsl.location import here
from kfbridge.dsl.names import human_name
from kfbridge.dsl.python_component import ImageContent, PythonComponent
from kfbridge.dsl.source import module_source
from kfbridge.dsl.structures import ComponentSpec, ContainerImplementation
from kfbridge.dsl.task_config import TaskConfigPassthrough
from kfbridge.errors import ArgumentError

DEFAULT_IMAGE = "python:3.11"
"""The image of a component that names none; KFP's default."""


@overload
def component(func: Callable[..., Any]) -> PythonComponent: ...
@overload
def component(
    func: None = None,
    *,
    base_image: str | None = None,
    target_image: str | None = None,
    packages_to_install: Sequence[str] | None = None,
    pip_index_urls: Sequence[str] | None = None,
    output_component_file: str | None = None,
    install_kfp_package: bool = True,
    kfp_package_path: str | None = None,
    pip_trusted_hosts: Sequence[str] | None = None,
    use_venv: bool = False,
    additional_funcs: Sequence[Callable[..., Any]] | None = None,
    embedded_artifact_path: str | None = None,
    task_config_passthroughs: Sequence[Any] | None = None,
) -> Callable[[Callable[..., Any]], PythonComponent]: ...
def component(
    func: Callable[..., Any] | None = None,
    *,
    base_image: str | None = None,
    target_image: str | None = None,
    packages_to_install: Sequence[str] | None = None,
    pip_index_urls: Sequence[str] | None = None,
    output_component_file: str | None = None,
    install_kfp_package: bool = True,
    kfp_package_path: str | None = None,
    pip_trusted_hosts: Sequence[str] | None = None,
    use_venv: bool = False,
    additional_funcs: Sequence[Callable[..., Any]] | None = None,
    embedded_artifact_path: str | None = None,
    task_config_passthroughs: Sequence[Any] | None = None,
) -> Any:
    """Make a component of a Python function.

    The function's source travels with the compiled pipeline, so it must import what it needs inside of itself.

    Args:
        func: The function, when the decorator is used without parentheses.
        base_image: The image it runs in; `DEFAULT_IMAGE` unless given.
        target_image: An image that holds the function already; its source does not travel then.
        packages_to_install: What pip installs before, as pip takes it.
        pip_index_urls: Package indexes, the main one first.
        output_component_file: Where to write the component as a file of its own.
        install_kfp_package: Taken for the sake of KFP; no step needs kfp installed.
        kfp_package_path: The same.
        pip_trusted_hosts: Hosts that pip trusts without a valid certificate; those of the indexes unless given.
        use_venv: Install into an environment of its own inside of the container.
        additional_funcs: Functions that this one calls; their source travels too.
        embedded_artifact_path: A file or folder that travels inside of the component.
        task_config_passthroughs: Settings of the task that the component hands on to work it starts elsewhere.

    Raises:
        CompileError: The function cannot be a component.
        ArgumentError: An argument that is a list is given as text.
    """
    options = dict(locals())
    del options["func"]
    return partial(make_component, **options) if func is None else make_component(func, **options)


def make_component(
    func: Callable[..., Any],
    *,
    base_image: str | None = None,
    target_image: str | None = None,
    packages_to_install: Sequence[str] | None = None,
    pip_index_urls: Sequence[str] | None = None,
    output_component_file: str | None = None,
    install_kfp_package: bool = True,
    kfp_package_path: str | None = None,
    pip_trusted_hosts: Sequence[str] | None = None,
    use_venv: bool = False,
    additional_funcs: Sequence[Callable[..., Any]] | None = None,
    embedded_artifact_path: str | None = None,
    task_config_passthroughs: Sequence[Any] | None = None,
    helper_source: str = "",
) -> PythonComponent:
    """A component that calls a function.

    The arguments are those of `component`; `helper_source` is code that runs before the function is defined.

    Raises:
        CompileError: The function cannot be a component.
        ArgumentError: An argument that is a list is given as text.
    """
    from kfbridge.spec.boot import write_boot

    interface = Interface(func)
    helper = helper_source or (embedding_source(embedded_artifact_path) if embedded_artifact_path else "")
    hosts = pip_index_urls if pip_trusted_hosts is None else pip_trusted_hosts
    installed = (
        _listed(func, "packages_to_install", packages_to_install),
        _listed(func, "pip_index_urls", pip_index_urls),
        _listed(func, "pip_trusted_hosts", hosts),
    )
    source = None if target_image else module_source(func, additional_funcs or (), helper)
    command, args = write_boot(func.__name__, source, *installed, use_venv)
    content = ImageContent(target_image, base_image or DEFAULT_IMAGE, *installed) if target_image else None
    passthroughs = [TaskConfigPassthrough.of(passthrough) for passthrough in task_config_passthroughs or ()]
    spec = ComponentSpec(
        name=human_name(func.__name__),
        implementation=ContainerImplementation(
            target_image or base_image or DEFAULT_IMAGE, command=tuple(command), args=tuple(args)
        ),
        description=interface.description or "",
        inputs=interface.inputs,
        outputs=interface.outputs,
        task_config_passthroughs=tuple(passthrough.to_json() for passthrough in passthroughs),
    )
    made = PythonComponent(spec, func, content)
    if output_component_file:
        from kfbridge.compiler import Compiler

        Compiler().compile(made, output_component_file)
    return made


def _listed(func: Callable[..., Any], argument: str, value: Sequence[str] | None) -> tuple[str, ...]:
    """A list that may be left out; text is refused, since it would be taken for a list of letters."""
    if isinstance(value, str):
        raise ArgumentError(
            f"{argument} of {func.__name__!r} is the text {value!r}.",
            where=here(),
            remedy=f"Write a list: {argument}=[{value!r}].",
        )
    return tuple(value or ())
