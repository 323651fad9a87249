"""The arguments of a run, checked against the inputs of the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from kfbridge.errors import UsageError
from kfbridge.graph.model import MISSING, ArtifactPort, Graph, ParameterPort
from kfbridge.graph.values import fit, parse


def parse_arguments(graph: Graph, pairs: Mapping[str, str]) -> dict[str, Any]:
    """Arguments that were given as text, ``-p name=value``, as values of the declared types.

    A STRING is taken as it is, an artifact's URI too; everything else is JSON.

    Raises:
        UsageError: for an unknown name, or text that is not of the declared type.
    """
    found: dict[str, Any] = {}
    for name, text in pairs.items():
        port = _port(graph, name)
        try:
            found[name] = parse(text, port.type) if isinstance(port, ParameterPort) else text
        except ValueError as error:
            raise _wrong(name, port, str(error)) from None
    return found


def bind_arguments(graph: Graph, values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """The arguments of a run, checked and converted; defaults are not filled in.

    Args:
        graph: The pipeline.
        values: By input name: JSON data for parameters, URIs (one, or a list for a list input) for artifacts. None
            for an input that needs no value is the same as leaving it out.
        partial: Whether inputs that a run needs may be missing.

    Raises:
        UsageError: for an unknown name, a value that does not fit, or missing ones, all of them at once.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        port = _port(graph, name)
        if value is None:
            continue
        try:
            found[name] = fit(value, port.type) if isinstance(port, ParameterPort) else _uris(value, port)
        except ValueError as error:
            raise _wrong(name, port, str(error)) from None
    missing = [name for name in required_inputs(graph) if name not in found]
    if missing and not partial:
        names = ", ".join(missing)
        raise UsageError(
            f'the pipeline "{graph.name}" needs a value for {names}',
            remedy=f"Give {'it' if len(missing) == 1 else 'them'}: {' '.join(f'-p {name}=...' for name in missing)}",
        )
    return found


def required_inputs(graph: Graph) -> list[str]:
    """The names of the inputs that a run must be given, in the order of the pipeline."""
    inputs = graph.root.inputs
    parameters = [name for name, port in inputs.parameters.items() if not port.optional and port.default is MISSING]
    return parameters + [name for name, port in inputs.artifacts.items() if not port.optional]


def _port(graph: Graph, name: str) -> ParameterPort | ArtifactPort:
    inputs = graph.root.inputs
    port = inputs.parameters.get(name) or inputs.artifacts.get(name)
    if port is None:
        raise UsageError(
            f'the pipeline "{graph.name}" has no input "{name}"',
            remedy=_known(name, [*inputs.parameters, *inputs.artifacts]),
        )
    return port


def _known(name: str, names: Iterable[str]) -> str:
    known = list(names)
    close = get_close_matches(name, known, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Its inputs are {', '.join(known)}." if known else "It takes no arguments."


def _uris(value: Any, port: ArtifactPort) -> Any:
    if isinstance(value, str):
        return value
    if port.is_list and isinstance(value, (list, tuple)) and all(isinstance(uri, str) for uri in value):
        return list(value)
    raise ValueError("an artifact is given by its URI" + (", or a list of them" if port.is_list else ""))


def _wrong(name: str, port: ParameterPort | ArtifactPort, reason: str) -> UsageError:
    kind = port.type.value if isinstance(port, ParameterPort) else port.schema_title
    return UsageError(f'the argument "{name}" ({kind}): {reason}', remedy=f"Correct it: -p {name}=...")
