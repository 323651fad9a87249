"""Placeholders: text in a container's command that the backend replaces when the step runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn

from kfbridge.dsl.location import here
from kfbridge.errors import CompileError

PIPELINE_JOB_NAME_PLACEHOLDER = "{{$.pipeline_job_name}}"
PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER = "{{$.pipeline_job_resource_name}}"
PIPELINE_JOB_ID_PLACEHOLDER = "{{$.pipeline_job_uuid}}"
PIPELINE_TASK_NAME_PLACEHOLDER = "{{$.pipeline_task_name}}"
PIPELINE_TASK_ID_PLACEHOLDER = "{{$.pipeline_task_uuid}}"
PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER = "{{$.outputs.output_file}}"
PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER = "{{$}}"
PIPELINE_ROOT_PLACEHOLDER = "{{$.pipeline_root}}"
PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER = "{{$.pipeline_job_create_time_utc}}"
PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER = "{{$.pipeline_job_schedule_time_utc}}"
WORKSPACE_PATH_PLACEHOLDER = "{{$.workspace_path}}"

WORKSPACE_FOLDER = "/kfp-workspace"
"""Where the workspace is mounted in a step."""


def input_value(name: str) -> str:
    """The placeholder for an input parameter's value."""
    return f"{{{{$.inputs.parameters['{name}']}}}}"


class Placeholder:
    """Anything that stands for text in a command; `name` is the input or output it reads."""

    name: str

    def to_json(self) -> Any:
        """Its form inside of another placeholder."""
        return str(self)


@dataclass(frozen=True)
class TextPlaceholder(Placeholder):
    """A placeholder that is one ``{{$...}}`` text, and so may stand inside of longer text.

    Attributes:
        name: The input or output.
        text: The text.
        io: ``inputs`` or ``outputs``.
    """

    name: str
    text: str
    io: str = "inputs"

    def __str__(self) -> str:
        return self.text


class _OfInput(TextPlaceholder):
    """A placeholder that reads an input; KFP calls the name `input_name`."""

    template: ClassVar[str]

    def __init__(self, input_name: str) -> None:
        super().__init__(input_name, self.template.format(input_name), "inputs")

    @property
    def input_name(self) -> str:
        """The input."""
        return self.name


class _OfOutput(TextPlaceholder):
    """A placeholder for an output; KFP calls the name `output_name`."""

    template: ClassVar[str]

    def __init__(self, output_name: str) -> None:
        super().__init__(output_name, self.template.format(output_name), "outputs")

    @property
    def output_name(self) -> str:
        """The output."""
        return self.name


class InputValuePlaceholder(_OfInput):
    """The value of an input parameter.

    Args:
        input_name: The parameter.
        ir_type: Its type; libraries that build JSON around a placeholder ask for it to know whether it needs quotes.
    """

    template = "{{{{$.inputs.parameters['{}']}}}}"

    def __init__(self, input_name: str, ir_type: str = "STRING") -> None:
        super().__init__(input_name)
        object.__setattr__(self, "_ir_type", ir_type)


class InputPathPlaceholder(_OfInput):
    """The path of an input artifact inside of the step."""

    template = "{{{{$.inputs.artifacts['{}'].path}}}}"


class InputUriPlaceholder(_OfInput):
    """The URI of an input artifact."""

    template = "{{{{$.inputs.artifacts['{}'].uri}}}}"


class InputListOfArtifactsPlaceholder(_OfInput):
    """An input that is a list of artifacts, which goes into a command as a whole."""

    template = "{{{{$.inputs.artifacts['{}']}}}}"

    def __getattr__(self, name: str) -> NoReturn:
        raise _no_single_artifact(self.name, name)


class OutputParameterPlaceholder(_OfOutput):
    """The path of the file that takes an output parameter's value."""

    template = "{{{{$.outputs.parameters['{}'].output_file}}}}"


class OutputPathPlaceholder(_OfOutput):
    """The path of an output artifact inside of the step."""

    template = "{{{{$.outputs.artifacts['{}'].path}}}}"


class OutputUriPlaceholder(_OfOutput):
    """The URI of an output artifact."""

    template = "{{{{$.outputs.artifacts['{}'].uri}}}}"


class OutputListOfArtifactsPlaceholder(_OfOutput):
    """An output that is a list of artifacts."""

    template = "{{{{$.outputs.artifacts['{}']}}}}"

    def __getattr__(self, name: str) -> NoReturn:
        raise _no_single_artifact(self.name, name)


class _Metadata(TextPlaceholder):
    """An artifact's metadata; ``[key]`` is one value of it."""

    def __getitem__(self, key: str) -> str:
        return f"{{{{$.{self.io}.artifacts['{self.name}'].metadata['{key}']}}}}"


class InputMetadataPlaceholder(_OfInput, _Metadata):
    """The metadata of an input artifact; ``[key]`` is one value of it."""

    template = "{{{{$.inputs.artifacts['{}'].metadata}}}}"


class OutputMetadataPlaceholder(_OfOutput, _Metadata):
    """The metadata of an output artifact; ``[key]`` is one value of it."""

    template = "{{{{$.outputs.artifacts['{}'].metadata}}}}"


_OF_ARTIFACT: Final[Mapping[str, Mapping[str, type[TextPlaceholder]]]] = {
    "inputs": {"path": InputPathPlaceholder, "uri": InputUriPlaceholder, "metadata": InputMetadataPlaceholder},
    "outputs": {"path": OutputPathPlaceholder, "uri": OutputUriPlaceholder, "metadata": OutputMetadataPlaceholder},
}


@dataclass(frozen=True)
class ArtifactPlaceholders:
    """What a container component's function gets for an artifact: ``.path``, ``.uri`` and ``.metadata``.

    Attributes:
        name: The input or output.
        io: ``inputs`` or ``outputs``.
    """

    name: str
    io: str

    @property
    def path(self) -> TextPlaceholder:
        """The path of the data inside of the step."""
        return self._part("path")

    @property
    def uri(self) -> TextPlaceholder:
        """The URI of the data."""
        return self._part("uri")

    @property
    def metadata(self) -> TextPlaceholder:
        """The metadata, whole or by key."""
        return self._part("metadata")

    def _part(self, part: str) -> TextPlaceholder:
        made: Any = _OF_ARTIFACT[self.io][part]
        found: TextPlaceholder = made(self.name)
        return found

    def __str__(self) -> NoReturn:
        raise CompileError(
            f"The artifact {self.name!r} cannot be an argument of a command.",
            where=here(),
            remedy=f"Use {self.name}.path, {self.name}.uri or {self.name}.metadata.",
        )


@dataclass(eq=False)
class ConcatPlaceholder(Placeholder):
    """Texts and placeholders, joined to one.

    Attributes:
        items: What is joined.
    """

    items: Sequence[Any]

    def __post_init__(self) -> None:
        for item in self.items:
            _refuse_lists(item)

    def to_json(self) -> Any:
        """Its form inside of another placeholder."""
        return {"Concat": [element_to_json(item) for item in self.items]}

    def __str__(self) -> NoReturn:
        raise _not_in_text(self)


@dataclass(eq=False)
class IfPresentPlaceholder(Placeholder):
    """One thing when an optional input was given, another when not.

    Attributes:
        input_name: The input.
        then: What stands there when it was given: one element or a list.
        else_: What stands there otherwise; None: nothing.
    """

    input_name: str
    then: Any
    else_: Any = None

    def to_json(self) -> Any:
        """Its form inside of another placeholder."""
        body: dict[str, Any] = {"InputName": self.input_name, "Then": element_to_json(self.then)}
        if self.else_:
            body["Else"] = element_to_json(self.else_)
        return {"IfPresent": body}

    def __str__(self) -> NoReturn:
        raise _not_in_text(self)


def element_to_json(element: Any) -> Any:
    """An element of a command inside of a `ConcatPlaceholder` or `IfPresentPlaceholder`."""
    if isinstance(element, (list, tuple)):
        return [element_to_json(item) for item in element]
    return element.to_json() if isinstance(element, Placeholder) else str(element)


def element_to_text(element: Any) -> str:
    """An element of a command in the form of the IR: text, or one JSON string.

    Raises:
        CompileError: The element is no text and no placeholder.
    """
    if isinstance(element, (ConcatPlaceholder, IfPresentPlaceholder)):
        return json.dumps(element.to_json())
    if isinstance(element, (str, Placeholder, ArtifactPlaceholders)):
        return str(element)
    raise CompileError(
        f"{element!r} in a container's command is neither text nor a placeholder.",
        where=here(),
        remedy="Use strings, and the function's own arguments.",
    )


def names_in(element: Any) -> list[tuple[str, str]]:
    """(``inputs`` or ``outputs``, name) for every placeholder in an element."""
    if isinstance(element, TextPlaceholder):
        return [(element.io, element.name)]
    if isinstance(element, ConcatPlaceholder):
        return [found for item in element.items for found in names_in(item)]
    if isinstance(element, IfPresentPlaceholder):
        return [("inputs", element.input_name), *names_in(element.then), *names_in(element.else_)]
    if isinstance(element, (list, tuple)):
        return [found for item in element for found in names_in(item)]
    return []


def _refuse_lists(item: Any) -> None:
    if isinstance(item, IfPresentPlaceholder):
        for part in (item.then, item.else_):
            if isinstance(part, (list, tuple)):
                raise CompileError(
                    "A dsl.IfPresentPlaceholder inside of a dsl.ConcatPlaceholder has a list to choose.",
                    where=here(),
                    remedy="Use one element for then and for else_.",
                )
            _refuse_lists(part)


def _not_in_text(placeholder: Placeholder) -> CompileError:
    return CompileError(
        f"A dsl.{type(placeholder).__name__} cannot be part of a longer text.",
        where=here(),
        remedy="Make it an element of its own of command or args.",
    )


def _no_single_artifact(name: str, attribute: str) -> AttributeError:
    return AttributeError(f"{attribute!r} of single artifacts of the list {name!r} is not known before the run")
