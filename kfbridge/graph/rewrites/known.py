"""Values of a dag's inputs that are known before the pipeline runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.graph.model import MISSING, Constant, DagInput, Missing, ParameterBinding, ParameterPort
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Part
from kfbridge.graph.rewrites.supply import handed_down, selected
from kfbridge.graph.rewrites.template import is_template
from kfbridge.graph.values import fit

Values = Mapping[str, Any]


def known_inputs(part: Part, around: Values) -> dict[str, Any]:
    """The parameters of a task that are known, as its component has them.

    Args:
        part: The task.
        around: The known inputs of the dag that it is in.
    """
    ports = part.face.inputs.parameters
    found: dict[str, Any] = {}
    for name in dict.fromkeys((*ports, *part.parameters)):
        value = _value(name, part.parameters.get(name), ports.get(name), around)
        if value is not MISSING:
            found[name] = value
    return found


def _value(name: str, binding: ParameterBinding | None, port: ParameterPort | None, around: Values) -> Any | Missing:
    """A known input; `MISSING` where it is not known, not given, or does not fit."""
    if binding is None:
        value: Any = port.default if port is not None else MISSING
    elif isinstance(binding.source, Constant) and not is_template(binding.source.value):
        value = binding.source.value
    elif isinstance(binding.source, DagInput):
        value = handed_down(around.get(binding.source.key, MISSING), binding.source.key, port)
    else:
        return MISSING
    try:
        value = selected(value, binding.selector if binding is not None else None, name)
        return fit(value, port.type) if port is not None else value
    except (Obstacle, ValueError):
        return MISSING  # the run itself says what is wrong with it
