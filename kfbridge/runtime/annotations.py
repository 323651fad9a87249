"""What a component's signature is written with, beside the artifact classes.

``Input[Dataset]`` and its kin are `typing.Annotated` forms with a marker class, so that type checkers see
the artifact class itself. Python 3.8 has no `Annotated`; there a small class with the same attributes does.
"""

import typing
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, TypeVar, Union

from kfbridge.runtime.artifacts import CLASSES, Artifact

T = TypeVar("T")


class InputAnnotation:
    """Marks an input artifact."""


class OutputAnnotation:
    """Marks an output artifact."""


class EmbeddedAnnotation:
    """Marks an artifact that travels inside the component itself."""


class _Marked:
    """``Annotated[inner, marker]`` for Python 3.8."""

    def __init__(self, inner: Any, marker: type) -> None:
        self.__origin__ = inner
        self.__metadata__ = (marker,)

    def __getitem__(self, inner: Any) -> "_Marked":
        return _Marked(inner, self.__metadata__[0])

    def __call__(self) -> None:  # `Optional[...]` takes callables only
        raise TypeError("an annotation cannot be called")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Marked) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.__metadata__)


if typing.TYPE_CHECKING or hasattr(typing, "Annotated"):
    Input = typing.Annotated[T, InputAnnotation]
    Output = typing.Annotated[T, OutputAnnotation]
    EmbeddedInput = typing.Annotated[T, EmbeddedAnnotation]
else:
    Input = _Marked(T, InputAnnotation)
    Output = _Marked(T, OutputAnnotation)
    EmbeddedInput = _Marked(T, EmbeddedAnnotation)


# The names under which a parameter type may be written, as far as the left-most word goes.
PARAMETER_TYPES = {
    "str": "STRING", "string": "STRING", "text": "STRING",
    "int": "NUMBER_INTEGER", "integer": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE", "double": "NUMBER_DOUBLE",
    "bool": "BOOLEAN", "boolean": "BOOLEAN",
    "dict": "STRUCT", "jsonobject": "STRUCT",
    "list": "LIST", "jsonarray": "LIST",
}  # fmt: skip


def parameter_type(annotation: Any) -> Optional[str]:
    """The IR's name of a parameter type (``NUMBER_INTEGER``), or None for what is not a parameter.

    Args:
        annotation: A class, a `typing` form (``List[int]``) or a name (``"JsonObject"``).
    """
    if isinstance(annotation, str):
        name = annotation
    else:
        origin = getattr(annotation, "__origin__", None) or annotation
        name = getattr(origin, "__name__", "") if isinstance(origin, type) else str(origin)
    name = name.split("[")[0]
    return PARAMETER_TYPES.get((name[7:] if name.startswith("typing.") else name).lower())


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

    affinity: Optional[Dict[str, Any]] = None
    tolerations: Optional[List[Dict[str, Any]]] = None
    node_selector: Optional[Dict[str, str]] = None
    env: Optional[List[Dict[str, Any]]] = None
    volumes: Optional[List[Dict[str, Any]]] = None
    volume_mounts: Optional[List[Dict[str, Any]]] = None
    resources: Optional[Dict[str, Any]] = None


def is_artifact_class(annotation: Any) -> bool:
    """Whether this is a class of artifacts, KFP's, ours or any with a schema title and version."""
    return (
        isinstance(annotation, type) and hasattr(annotation, "schema_title") and hasattr(annotation, "schema_version")
    )


def strip_optional(annotation: Any) -> Any:
    """``T`` for ``Optional[T]`` and ``T | None``; anything else as it is."""
    if getattr(annotation, "__origin__", None) is Union or type(annotation).__name__ == "UnionType":
        inner = [arg for arg in annotation.__args__ if arg is not type(None)]
        if len(inner) == 1 and len(annotation.__args__) == 2:
            return inner[0]
    return annotation


def marker(annotation: Any) -> Optional[type]:
    """`InputAnnotation`, `OutputAnnotation` or `EmbeddedAnnotation`, when the annotation is so marked, else None."""
    first = (getattr(annotation, "__metadata__", None) or [None])[0]
    return first if first in (InputAnnotation, OutputAnnotation, EmbeddedAnnotation) else None


def unmark(annotation: Any) -> Any:
    """``T`` for ``Input[T]`` and its kin; anything else as it is."""
    return annotation.__origin__ if marker(annotation) else annotation


def list_item(annotation: Any) -> Any:
    """``T`` for ``List[T]`` and ``list[T]``, else None."""
    arguments = getattr(annotation, "__args__", ())
    return arguments[0] if getattr(annotation, "__origin__", None) in (list, List) and arguments else None
