"""What instances leave: outputs of leaves checked, of dags chosen, of loops collected, of importers made."""

from __future__ import annotations

from typing import Any

from kfbridge.engine.binding import importer_source, input_names, typed
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.instance import Fan, Inputs, Instance, Scope
from kfbridge.engine.placeholders import resolve_value
from kfbridge.errors import RunError
from kfbridge.graph.model import Dag, Importer, OutputSelector


def checked(instance: Instance, outputs: Outputs) -> Outputs:
    """The outputs of a leaf, typed as its component declares.

    Raises:
        KfbridgeError: One is missing, or does not fit its type.
    """
    ports = instance.task.component.outputs
    parameters = {}
    for name, port in ports.parameters.items():
        if name in outputs.parameters:
            parameters[name] = typed(outputs.parameters[name], port, f"output {name!r}")
        elif not port.optional:
            raise RunError(f"it ended without writing its output {name!r}")
    for name, artifact in ports.artifacts.items():
        if name not in outputs.artifacts and not artifact.optional:
            raise RunError(f"it ended without its artifact {name!r}")
    return Outputs(parameters, outputs.artifacts)


def of_dag(dag: Dag, scope: Scope) -> Outputs:
    """The outputs of a dag in which everything has ended; what nothing inside made is left out."""
    parameters: dict[str, Any] = {}
    artifacts: dict[str, list[Artifact]] = {}
    for key, selectors in dag.parameters.items():
        for selector in selectors:
            made = scope.children[selector.task].outputs.parameters
            if selector.key in made:
                parameters[key] = made[selector.key]
                break
    for key, selectors in dag.artifacts.items():
        found = _first_artifacts(selectors, scope)
        if found is not None:
            artifacts[key] = found
    return Outputs(parameters, artifacts)


def _first_artifacts(selectors: tuple[OutputSelector, ...], scope: Scope) -> list[Artifact] | None:
    for selector in selectors:
        made = scope.children[selector.task].outputs.artifacts
        if selector.key in made:
            return made[selector.key]
    return None


def of_loop(loop: Instance, fan: Fan) -> Outputs:
    """The outputs of all iterations in item order: a list for each parameter, one flat list for artifacts."""
    component = loop.task.component
    body = component.body
    keys = body if isinstance(body, Dag) else component.outputs
    made = [iteration.outputs for iteration in fan.iterations]
    return Outputs(
        {key: [one.parameters[key] for one in made if key in one.parameters] for key in keys.parameters},
        {key: [item for one in made for item in one.artifacts.get(key, ())] for key in keys.artifacts},
    )


def of_importer(importer: Importer, instance: Instance, inputs: Inputs, context: RunContext) -> Outputs:
    """The artifact that an importer brings in.

    Raises:
        KfbridgeError: It has no URI, or a placeholder in its metadata names nothing.
    """
    uri = str(importer_source(importer.uri, instance, inputs, context))
    names = input_names(instance, inputs.parameters, context)
    metadata = resolve_value(dict(importer.metadata), names)
    ports = instance.task.component.outputs.artifacts
    copy = context.workspace_copy(uri) if importer.download_to_workspace else ""
    return Outputs(
        artifacts={
            name: [Artifact(name, importer.schema_title, uri, metadata, importer.schema_version, copy)]
            for name in ports or ("artifact",)
        }
    )
