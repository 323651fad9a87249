"""Compiling pipelines to files: a drop-in for ``kfp.compiler``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

# Whoever imports the compiler is going to compile: what that takes is loaded now, not in the middle of it.
import kfbridge.dsl.component_decorator
import kfbridge.dsl.graph_component
import kfbridge.dsl.lowering.pipeline
import kfbridge.spec.boot  # noqa: F401
from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.lowering.comment import header_comment
from kfbridge.dsl.lowering.override import overridden
from kfbridge.dsl.type_check import type_check as checking
from kfbridge.errors import CompileError, UsageError
from kfbridge.spec.write import write_json, write_yaml

__all__ = ["Compiler", "KubernetesManifestOptions"]

_API_VERSION = "pipelines.kubeflow.org/v2beta1"


@dataclass
class KubernetesManifestOptions:
    """How the Kubernetes resources that hold a pipeline are called.

    Attributes:
        pipeline_name: The Pipeline; the pipeline's own name unless given.
        pipeline_display_name: The name that is shown; `pipeline_name` unless given.
        pipeline_version_name: The PipelineVersion; `pipeline_name` unless given.
        pipeline_version_display_name: The name that is shown; the version's, or the pipeline's, unless given.
        namespace: The namespace of both.
        include_pipeline_manifest: Whether the Pipeline itself is written, too.
    """

    pipeline_name: str | None = None
    pipeline_display_name: str | None = None
    pipeline_version_name: str | None = None
    pipeline_version_display_name: str | None = None
    namespace: str | None = None
    include_pipeline_manifest: bool = False


class Compiler:
    """Writes pipelines and components as files."""

    def compile(
        self,
        pipeline_func: BaseComponent,
        package_path: str | Path,
        pipeline_name: str | None = None,
        pipeline_display_name: str | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        type_check: bool = True,
        kubernetes_manifest_options: KubernetesManifestOptions | None = None,
        kubernetes_manifest_format: bool = False,
    ) -> None:
        """Compile a pipeline, or a single component, to a file.

        Args:
            pipeline_func: What ``@dsl.pipeline``, ``@dsl.component`` or a loader made.
            package_path: The file: ``.yaml``, ``.yml`` or ``.json``. It is replaced as a whole or not at all.
            pipeline_name: A name other than the pipeline's own.
            pipeline_display_name: A name to show.
            pipeline_parameters: Defaults for inputs, by name.
            type_check: Whether arguments must fit their inputs, as far as that is not decided yet.
            kubernetes_manifest_options: Names, for `kubernetes_manifest_format`.
            kubernetes_manifest_format: Write the pipeline as resources for ``kubectl apply``.

        Raises:
            CompileError: There is no pipeline, or an input that `pipeline_parameters` names does not exist.
            UsageError: The file cannot be written.
        """
        if not isinstance(pipeline_func, BaseComponent):
            raise CompileError(
                f"{getattr(pipeline_func, '__name__', pipeline_func)!r} is a {type(pipeline_func).__name__}, "
                "not a pipeline or component.",
                remedy="Put @dsl.pipeline (or @dsl.component) before the function.",
            )
        with checking(type_check):
            spec, platform = pipeline_func.documents
        spec = overridden(spec, pipeline_name, pipeline_display_name, pipeline_parameters or {})
        _check_workspace(spec, platform)
        description = pipeline_func.description or ""
        if kubernetes_manifest_format:
            options = kubernetes_manifest_options or KubernetesManifestOptions()
            documents, comment = _manifests(spec, platform, options, description), ""
        else:
            documents, comment = [spec, platform] if platform else [spec], header_comment(spec, description)
        write_documents(documents, Path(package_path), comment)


def write_documents(documents: list[dict[str, Any]], path: Path, comment: str = "") -> None:
    """Write documents to a file, replaced as a whole or not at all.

    Args:
        documents: In JSON form.
        path: The file; its ending decides on YAML or JSON.
        comment: What goes before YAML documents, without the ``#``.

    Raises:
        UsageError: The ending is another, JSON is to hold more than one document, or the file cannot be written.
    """
    path = path.expanduser()
    if path.suffix in (".yaml", ".yml"):
        _replace(path, lambda file: write_yaml(documents, comment, file))
    elif path.suffix == ".json":
        if len(documents) > 1:
            raise UsageError(
                f"{path} cannot hold the settings for platforms that this pipeline has: JSON has one document.",
                remedy="Compile to a .yaml file.",
            )
        _replace(path, lambda file: file.write(write_json(documents[0])))
    else:
        raise UsageError(
            f"{path} ends neither with .yaml nor with .json.", remedy="Give the file one of these endings."
        )


def _replace(path: Path, write: Callable[[TextIO], object]) -> None:
    """Write a file; whoever reads it meanwhile sees the old text or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Name a file in a folder that exists, that you may write to and that has space left.",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _check_workspace(spec: Mapping[str, Any], platform: Mapping[str, Any]) -> None:
    executors = spec.get("deploymentSpec", {}).get("executors", {})
    wanting = [label for label, body in executors.items() if body.get("importer", {}).get("downloadToWorkspace")]
    configured = any("workspace" in part.get("pipelineConfig", {}) for part in platform.get("platforms", {}).values())
    if wanting and not configured:
        raise CompileError(
            f"The importer {wanting[0]!r} downloads to the workspace, and the pipeline has none.",
            remedy="Give @dsl.pipeline pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size='10Gi')).",
        )


def _manifests(
    spec: Mapping[str, Any], platform: Mapping[str, Any], options: KubernetesManifestOptions, description: str
) -> list[dict[str, Any]]:
    """The resources of ``pipelines.kubeflow.org`` that hold a pipeline."""
    name = options.pipeline_name or spec["pipelineInfo"]["name"]
    version = options.pipeline_version_name or name
    shown = options.pipeline_display_name or name
    namespace = {"namespace": options.namespace} if options.namespace else {}
    extra = {"description": description} if description else {}
    body: dict[str, Any] = {
        "displayName": options.pipeline_version_display_name or options.pipeline_version_name or shown,
        "pipelineName": name,
        "pipelineSpec": spec,
        **extra,
    }
    if platform:
        body["platformSpec"] = platform
    documents = [_resource("PipelineVersion", {"name": version, **namespace}, body)]
    if options.include_pipeline_manifest:
        documents.insert(0, _resource("Pipeline", {"name": name, **namespace}, {"displayName": shown, **extra}))
    return documents


def _resource(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
