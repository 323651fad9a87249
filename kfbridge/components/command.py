"""The placeholders of KFP's first component files, written in the IR's form.

``{inputValue: epochs}`` becomes ``{{$.inputs.parameters['epochs']}}``; ``concat`` and ``if`` become one JSON
string, in which the parts that hold placeholders are resolved when the task runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from kfbridge.dsl.structures import InputSpec, OutputSpec

EXECUTOR_INPUT: Final = "{{$}}"


class PlaceholderError(Exception):
    """A word of a command that is no placeholder, or names something that does not exist."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Ports:
    """What placeholders can name.

    Attributes:
        input_names: Names of inputs as written in the file, to their names in the pipeline.
        output_names: The same for outputs.
        inputs: Inputs by their names in the pipeline.
        outputs: Outputs by their names in the pipeline.
    """

    input_names: Mapping[str, str]
    output_names: Mapping[str, str]
    inputs: Mapping[str, InputSpec]
    outputs: Mapping[str, OutputSpec]

    def input(self, name: Any) -> tuple[str, InputSpec]:
        """The input written as `name`."""
        found = _known(name, self.input_names, "input")
        return found, self.inputs[found]

    def output(self, name: Any) -> tuple[str, OutputSpec]:
        """The output written as `name`."""
        found = _known(name, self.output_names, "output")
        return found, self.outputs[found]


def write_placeholder(word: Any, ports: Ports) -> str:
    """One word of a command, in the form of the IR.

    Raises:
        PlaceholderError: It is neither text nor a placeholder, or names something that does not exist.
    """
    part = _part(word, ports)
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)


def _part(word: Any, ports: Ports) -> Any:
    if isinstance(word, str):
        return word
    if not isinstance(word, Mapping) or len(word) != 1:
        raise PlaceholderError(
            f"{word!r} is neither text nor a placeholder.", "Put a number or a truth value in quotes."
        )
    [(kind, argument)] = word.items()
    if kind not in _WRITERS:
        raise PlaceholderError(f"There is no placeholder {kind!r}.", f"There are: {', '.join(_WRITERS)}.")
    return _WRITERS[kind](argument, ports)


def _input_value(name: Any, ports: Ports) -> str:
    found, port = ports.input(name)
    if port.is_artifact:
        raise PlaceholderError(
            f"The input {name!r} is an artifact, it has no value.",
            "Use inputPath, or give it a parameter type such as String.",
        )
    return f"{{{{$.inputs.parameters['{found}']}}}}"


def _input_artifact(field: str, placeholder: str) -> Callable[[Any, Ports], str]:
    def write(name: Any, ports: Ports) -> str:
        found, port = ports.input(name)
        if not port.is_artifact:
            raise PlaceholderError(
                f"The input {name!r} is a parameter, {placeholder} is for artifacts.", "Use inputValue."
            )
        return f"{{{{$.inputs.artifacts['{found}'].{field}}}}}"

    return write


def _output_path(name: Any, ports: Ports) -> str:
    found, port = ports.output(name)
    if port.is_artifact:
        return f"{{{{$.outputs.artifacts['{found}'].path}}}}"
    return f"{{{{$.outputs.parameters['{found}'].output_file}}}}"


def _output_uri(name: Any, ports: Ports) -> str:
    found, port = ports.output(name)
    if not port.is_artifact:
        raise PlaceholderError(f"The output {name!r} is a parameter, outputUri is for artifacts.", "Use outputPath.")
    return f"{{{{$.outputs.artifacts['{found}'].uri}}}}"


def _executor_input(_: Any, ports: Ports) -> str:
    return EXECUTOR_INPUT


def _concat(parts: Any, ports: Ports) -> dict[str, Any]:
    if not isinstance(parts, list):
        raise PlaceholderError("concat does not hold a list.", "Write concat: [a, {inputValue: b}].")
    return {"Concat": [_part(part, ports) for part in parts]}


def _if(argument: Any, ports: Ports) -> dict[str, Any]:
    condition = argument.get("cond") if isinstance(argument, Mapping) else None
    if not isinstance(condition, Mapping) or set(condition) != {"isPresent"}:
        raise PlaceholderError("The only condition is isPresent.", "Write if: {cond: {isPresent: INPUT}, then: [...]}.")
    if "then" not in argument or set(argument) - {"cond", "then", "else"}:
        raise PlaceholderError(
            "An if takes cond, then and else; then is needed.", "Write if: {cond: ..., then: [...]}."
        )
    name, _ = ports.input(condition["isPresent"])
    body = {"InputName": name, "Then": _branch(argument["then"], ports)}
    if argument.get("else") is not None:
        body["Else"] = _branch(argument["else"], ports)
    return {"IfPresent": body}


def _branch(branch: Any, ports: Ports) -> Any:
    return [_part(part, ports) for part in branch] if isinstance(branch, list) else _part(branch, ports)


def _known(name: Any, names: Mapping[str, str], kind: str) -> str:
    if name in names:
        return names[name]
    near = get_close_matches(str(name), names, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"Add it to {kind}s, or correct the name."
    raise PlaceholderError(f"There is no {kind} {name!r}.", remedy)


_WRITERS: Final[Mapping[str, Callable[[Any, Ports], Any]]] = {
    "inputValue": _input_value,
    "inputPath": _input_artifact("path", "inputPath"),
    "inputUri": _input_artifact("uri", "inputUri"),
    "outputPath": _output_path,
    "outputUri": _output_uri,
    "executorInput": _executor_input,
    "concat": _concat,
    "if": _if,
}
