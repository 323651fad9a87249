"""Compiled pipelines from files and text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from kfbridge.errors import SpecError, UsageError
from kfbridge.spec import limits
from kfbridge.spec.form import Parts, split
from kfbridge.spec.locate import locate, locate_keys
from kfbridge.spec.memory import collection_paused
from kfbridge.spec.model import PipelineSpec, PlatformSpec, unknown_fields
from kfbridge.spec.place import Path, place_text
from kfbridge.spec.structure import build
from kfbridge.spec.tree import plain_documents

if TYPE_CHECKING:
    from kfbridge.spec.model.wrapper import RuntimeConfig


@dataclass(frozen=True, slots=True)
class Document:
    """A compiled pipeline as it was read.

    `name` is the file's path, or what stands for it in messages; `notes` are sentences about fields that kfbridge
    does not know and therefore ignores; `text` is the whole file, or empty for a document made in memory.
    `task_place` says where a task, by its path, stands in the user's Python, for a pipeline that was compiled just now.
    """

    pipeline: PipelineSpec
    platform: PlatformSpec | None = None
    runtime: RuntimeConfig | None = None
    name: str = "<pipeline>"
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)
    pipeline_place: tuple[int, Path] = field(default=(0, ()), repr=False, compare=False)
    platform_place: tuple[int, Path] = field(default=(1, ()), repr=False, compare=False)
    task_place: Callable[[str], str] | None = field(default=None, repr=False, compare=False)

    def place(self, path: Path, *, in_platform: bool = False) -> str:
        """Where `path`, counted from the pipeline's (or the platform document's) top, stands in the file."""
        document, prefix = self.platform_place if in_platform else self.pipeline_place
        return _place(self.text, self.name, document, (*prefix, *path))

    def key_places(self, paths: Mapping[str, Path]) -> dict[str, str]:
        """Where many keys of the pipeline stand in the file, by the caller's names; those not found are left out."""
        document, prefix = self.pipeline_place
        if not self.text or not paths:
            return {}
        found = locate_keys(self.text, {(*prefix, *path) for path in paths.values()}, document)
        whole = {name: (*prefix, *path) for name, path in paths.items()}
        return {name: place_text(self.name, *found[path], path) for name, path in whole.items() if path in found}

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that a PipelineJob brings along, by input name; also as schema 2.0.0 wrote them."""
        if self.runtime is None:
            return {}
        older = {name: value.plain() for name, value in (self.runtime.parameters or {}).items()}
        return older | (self.runtime.parameter_values or {})

    def to_data(self) -> list[dict[str, Any]]:
        """The pipeline, and the platform document if there is one, as plain data for `write_yaml`."""
        return [part.to_data() for part in (self.pipeline, self.platform) if part is not None]


def read_file(path: str | FilePath) -> Document:
    """Read a compiled pipeline: YAML or JSON, plain or wrapped in a PipelineJob or PipelineVersion.

    Types are checked here, meaning is not: see `kfbridge.spec.validate`.

    Raises:
        UsageError: when there is no such file, or it cannot be opened.
        SpecError: when it is not a compiled pipeline, with line, column and path.
    """
    return read_text(read_file_text(path), str(path))


def read_file_text(path: str | FilePath) -> str:
    """The text of a file, which must be UTF-8 and not too large (see KFBRIDGE_MAX_SPEC_MB).

    Raises:
        UsageError: when there is no such file, or it cannot be opened.
        SpecError: when it is too large or not UTF-8.
    """
    file = FilePath(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(limits.max_bytes() + 1)
            if len(content) > limits.max_bytes():
                raise limits.too_large(str(path), max(file.stat().st_size, len(content)))
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", remedy="Correct the path.") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder, not a file", remedy="Name a compiled pipeline in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be read: {reason}", remedy="Correct the path or its permissions.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(
            "the file is not UTF-8 text", where=place_text(str(path), line, 1), remedy="Save it as UTF-8."
        ) from None


def read_text(text: str, name: str = "<text>") -> Document:
    """Read a compiled pipeline from text; `name` stands for the file in messages.

    Raises:
        SpecError: as `read_file`.
    """
    return from_data(plain_documents(text, name), name, text)


def from_data(documents: list[Any], name: str = "<pipeline>", text: str = "") -> Document:
    """A compiled pipeline from plain data: the documents of a file, or what a compiler made.

    Raises:
        SpecError: as `read_file`; lines are known only with the `text`.
    """
    parts = split(documents, name)
    at = partial(_place, text, name)
    index, prefix = parts.pipeline_place
    with collection_paused():
        pipeline = build(PipelineSpec, parts.pipeline, partial(at, index), prefix)
    platform = _platform(parts, partial(at, parts.platform_place[0]))
    return Document(
        pipeline=pipeline,
        platform=platform,
        runtime=_runtime(parts, partial(at, index)),
        name=name,
        notes=_notes(pipeline, platform),
        text=text,
        pipeline_place=parts.pipeline_place,
        platform_place=parts.platform_place,
    )


def _place(text: str, name: str, document: int, path: Path) -> str:
    found = locate(text, path, document) if text else None
    line, column = found or (None, None)
    return place_text(name, line, column, path)


def _platform(parts: Parts, place: Any) -> PlatformSpec | None:
    if parts.platform is None:
        return None
    prefix = parts.platform_place[1]
    platform = build(PlatformSpec, parts.platform, place, prefix)
    kubernetes = (platform.platforms or {}).get("kubernetes")
    executors = kubernetes.deployment_spec.executors if kubernetes and kubernetes.deployment_spec else None
    if executors:
        from kfbridge.spec.model.kubernetes import KubernetesExecutorConfig

        for label, config in executors.items():
            path = (*prefix, "platforms", "kubernetes", "deploymentSpec", "executors", label)
            executors[label] = build(KubernetesExecutorConfig, config, place, path).to_data()
    return platform


def _runtime(parts: Parts, place: Any) -> RuntimeConfig | None:
    if parts.runtime is None:
        return None
    from kfbridge.spec.model.wrapper import RuntimeConfig

    return build(RuntimeConfig, parts.runtime, place, ("runtimeConfig",))


def _notes(pipeline: PipelineSpec, platform: PlatformSpec | None) -> tuple[str, ...]:
    found = unknown_fields(pipeline) + (unknown_fields(platform) if platform is not None else [])
    return tuple(f'{path or "the top level"} has a field "{name}" that kfbridge does not know' for path, name in found)
