"""Which form a file has: the pipeline itself, a wrapper around it, or something else altogether."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kfbridge.errors import SpecError
from kfbridge.spec.place import Path, place_text
from kfbridge.spec.structure import kind_of

_SPEC_KEYS = {
    "pipelineInfo",
    "pipeline_info",
    "root",
    "deploymentSpec",
    "deployment_spec",
    "schemaVersion",
    "components",
}
_RECOMPILE = "Compile the pipeline with KFP 2, or with kfbridge compile."


@dataclass(slots=True)
class Parts:
    """The parts of a file as plain data, and for each the document it is in and its path there."""

    pipeline: dict[str, Any]
    pipeline_place: tuple[int, Path] = (0, ())
    platform: dict[str, Any] | None = None
    platform_place: tuple[int, Path] = (1, ())
    runtime: Any = None


def split(documents: list[Any], name: str) -> Parts:
    """Find the pipeline among the documents of a file.

    Raises:
        SpecError: when there is none, or more than one, with what the file is instead if that can be told.
    """
    if not documents:
        raise SpecError("the file is empty", where=name, remedy="Name a compiled pipeline.")
    for document in documents:
        if not isinstance(document, dict):
            raise SpecError(
                f"a pipeline is a mapping, but this file holds {kind_of(document)}", where=name, remedy=_RECOMPILE
            )
    parts: Parts | None = None
    platforms: list[int] = []
    for index, document in enumerate(documents):
        if _is_platform(document):
            platforms.append(index)
        elif not _is_bare_pipeline_resource(document):
            if parts is not None:
                raise SpecError(
                    "the file holds more than one pipeline", where=name, remedy="Keep one pipeline in a file."
                )
            parts = _pipeline(document, index, name)
    if parts is None:
        raise SpecError("there is no pipeline in the file, only platform settings", where=name, remedy=_RECOMPILE)
    if len(platforms) > 1 or (platforms and parts.platform is not None):
        raise SpecError("the file holds platform settings twice", where=name, remedy="Keep one of them.")
    if platforms:
        parts.platform, parts.platform_place = documents[platforms[0]], (platforms[0], ())
    return parts


def _is_platform(document: dict[str, Any]) -> bool:
    return "platforms" in document and not _SPEC_KEYS & document.keys()


def _is_bare_pipeline_resource(document: dict[str, Any]) -> bool:
    """The custom resource Pipeline, which only names what a PipelineVersion beside it holds."""
    return document.get("kind") == "Pipeline" and "pipelines.kubeflow.org" in str(document.get("apiVersion"))


def _pipeline(document: dict[str, Any], index: int, name: str) -> Parts:
    for key in ("pipelineSpec", "pipeline_spec"):
        if key in document:
            runtime = document.get("runtimeConfig", document.get("runtime_config"))
            return Parts(_mapping(document[key], name, (key,)), (index, (key,)), runtime=runtime)
    if "apiVersion" in document and "kind" in document:
        return _resource(document, index, name)
    if "implementation" in document:
        raise SpecError(
            "this is a component of KFP 1, not a pipeline",
            where=name,
            remedy="Load it with components.load_component_from_file and use it in a pipeline.",
        )
    if not _SPEC_KEYS & document.keys():
        keys = ", ".join(list(document)[:5])
        raise SpecError(f"this is not a compiled pipeline (its keys are {keys})", where=name, remedy=_RECOMPILE)
    return Parts(document, (index, ()))


def _resource(document: dict[str, Any], index: int, name: str) -> Parts:
    """The pipeline in a custom resource of Kubernetes."""
    kind = document["kind"]
    if "argoproj.io" in str(document["apiVersion"]):
        raise SpecError(
            f"this is an Argo {kind}, which KFP 1 compiled, not a pipeline of KFP 2", where=name, remedy=_RECOMPILE
        )
    body = document.get("spec")
    if kind != "PipelineVersion" or not isinstance(body, dict) or "pipelineSpec" not in body:
        raise SpecError(f"a Kubernetes resource {kind} without a pipeline in it", where=name, remedy=_RECOMPILE)
    parts = Parts(_mapping(body["pipelineSpec"], name, ("spec", "pipelineSpec")), (index, ("spec", "pipelineSpec")))
    if body.get("platformSpec"):
        parts.platform = _mapping(body["platformSpec"], name, ("spec", "platformSpec"))
        parts.platform_place = (index, ("spec", "platformSpec"))
    return parts


def _mapping(value: Any, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        where = place_text(name, None, None, path)
        raise SpecError(f"a mapping is expected here, not {kind_of(value)}", where=where, remedy=_RECOMPILE)
    return value
