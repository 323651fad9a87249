"""What a component's signature is written with, beside the artifact classes.

``Input[Dataset]`` and its kin are `typing.Annotated` forms with a marker class, so that type checkers see
the artifact class itself. Python 3.8 has no `Annotated`; there the markers are the generics.
"""

import typing
from dataclasses import dataclass
from typing import Any, Generic, List, Optional, TypeVar, Union

from kfbridge.runtime.artifacts import CLASSES, Artifact

T = TypeVar("T")


class InputAnnotation(Generic[T]):
    """Marks an input artifact."""


class OutputAnnotation(Generic[T]):
    """Marks an output artifact."""


class EmbeddedAnnotation(Generic[T]):
    """Marks an artifact that travels inside the component itself."""


if typing.TYPE_CHECKING or hasattr(typing, "Annotated"):
    Input = typing.Annotated[T, InputAnnotation]
    Output = typing.Annotated[T, OutputAnnotation]
    EmbeddedInput = typing.Annotated[T, EmbeddedAnnotation]
else:
    Input, Output, EmbeddedInput = InputAnnotation, OutputAnnotation, EmbeddedAnnotation


# The names under which a parameter type may be written, as far as the left-most word goes.
PARAMETER_TYPES = {
    "STRING": "str string text",
    "NUMBER_INTEGER": "int integer",
    "NUMBER_DOUBLE": "float double",
    "BOOLEAN": "bool boolean",
    "STRUCT": "dict jsonobject",
    "LIST": "list jsonarray",
}


def parameter_type(annotation: Any) -> Optional[str]:
    """The IR's name of a parameter type (``NUMBER_INTEGER``), or None for what is not a parameter.

    Args:
        annotation: A class (a pydantic model, too), a `typing` form (``List[int]``) or a name (``"JsonObject"``).
    """
    if is_model_class(annotation):
        return "STRUCT"
    origin = getattr(annotation, "__origin__", None) or annotation
    name = origin.__name__ if isinstance(origin, type) else str(origin)
    name = name.replace("typing.", "").split("[")[0].lower()
    return next((kind for kind, names in PARAMETER_TYPES.items() if name in names.split()), None)


class _PathAnnotation:
    """`type` is a parameter type as the user wrote it, or ``TITLE@VERSION`` of an artifact's schema."""

    def __init__(self, type: Any = None) -> None:
        if is_artifact_class(type):
            self.type: Any = f"{type.schema_title}@{type.schema_version}"
        elif parameter_type(type):
            self.type = type
        else:
            titles = {cls.__name__.lower(): cls.schema_title for cls in CLASSES.values()}
            self.type = titles.get(str(type).lower(), Artifact.schema_title) + "@0.0.1"

    def __call__(self) -> None:
        """Do nothing: `typing.get_type_hints` takes only what can be called for a type before Python 3.11."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(str(self.type))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.type!r})"


class InputPath(_PathAnnotation):
    """Annotates an argument that gets the path of an input artifact."""


class OutputPath(_PathAnnotation):
    """Annotates an argument that gets a path to write an output to: an artifact, or a parameter's text."""


@dataclass
class PipelineTaskFinalStatus:
    """How another task ended, for an exit task.

    ``state`` is ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``; the error fields are None unless it failed.
    """

    state: str
    pipeline_job_resource_name: str
    pipeline_task_name: str
    error_code: Optional[int]
    error_message: Optional[str]


@dataclass
class TaskConfig:
    """The task's own settings, each a fragment of a Kubernetes pod spec, or None."""

    affinity: Any = None
    tolerations: Any = None
    node_selector: Any = None
    env: Any = None
    volumes: Any = None
    volume_mounts: Any = None
    resources: Any = None


def is_artifact_class(annotation: Any) -> bool:
    """Whether this is a class of artifacts, KFP's, ours or any with a schema title and version."""
    return (
        isinstance(annotation, type) and hasattr(annotation, "schema_title") and hasattr(annotation, "schema_version")
    )


def is_model_class(annotation: Any) -> bool:
    """Whether this is a class of pydantic models, which travel as dictionaries."""
    return isinstance(annotation, type) and hasattr(annotation, "model_validate") and hasattr(annotation, "model_dump")


def strip_optional(annotation: Any) -> Any:
    """``T`` for ``Optional[T]`` and ``T | None``; anything else as it is."""
    if getattr(annotation, "__origin__", None) is Union or type(annotation).__name__ == "UnionType":
        inner = [argument for argument in annotation.__args__ if argument is not type(None)]
        if len(inner) == 1:
            return inner[0]
    return annotation


def marker(annotation: Any) -> Optional[type]:
    """`InputAnnotation`, `OutputAnnotation` or `EmbeddedAnnotation`, when the annotation is so marked, else None."""
    mark = (getattr(annotation, "__metadata__", None) or [getattr(annotation, "__origin__", None)])[0]
    return mark if mark in (InputAnnotation, OutputAnnotation, EmbeddedAnnotation) else None


def unmark(annotation: Any) -> Any:
    """``T`` for ``Input[T]`` and its kin; anything else as it is."""
    return annotation.__args__[0] if marker(annotation) else annotation


def list_item(annotation: Any) -> Any:
    """``T`` for ``List[T]`` and ``list[T]``, else None."""
    arguments = getattr(annotation, "__args__", ())  # none on a bare `List`
    return arguments[0] if arguments and getattr(annotation, "__origin__", None) in (list, List) else None
