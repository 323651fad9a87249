"""The second document: settings by platform that the IR itself has no place for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kfbridge.dsl.constants import Template, bind_text
from kfbridge.dsl.lowering.executors import placeholder
from kfbridge.dsl.pipeline_channel import PipelineChannel, reference_of
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.task_settings import INLINE

Json = dict[str, Any]


class PlatformDocument:
    """The second document while it grows; `body` is its JSON form, empty as long as nothing was added."""

    def __init__(self) -> None:
        self.body: Json = {}

    def add_executor(self, platform: str, label: str, config: Json) -> None:
        """Add the settings of one executor."""
        spec = self.body.setdefault("platforms", {}).setdefault(platform, {}).setdefault("deploymentSpec", {})
        spec.setdefault("executors", {}).setdefault(label, {}).update(config)

    def add_pipeline_config(self, platform: str, config: Json) -> None:
        """Add the settings of the pipeline as a whole."""
        self.body.setdefault("platforms", {}).setdefault(platform, {})["pipelineConfig"] = config

    def add_task(self, label: str, config: Mapping[str, Json], source_of: Callable[[Reference], Json]) -> None:
        """Add what was set on a task; channels in it become what `source_of` says, their sources in its dag."""
        for platform, settings in config.items():
            self.add_executor(platform, label, _written(settings, source_of))

    def add_document(self, document: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        """Add another pipeline's second document, its executors renamed."""
        for platform, spec in document.get("platforms", {}).items():
            for label, config in spec.get("deploymentSpec", {}).get("executors", {}).items():
                self.add_executor(platform, labels.get(label, label), dict(config))


def _written(value: Any, source_of: Callable[[Reference], Json]) -> Any:
    if isinstance(value, PipelineChannel):
        return source_of(reference_of(value))
    if isinstance(value, Reference):
        return source_of(value)
    if isinstance(value, Mapping):
        written = {key: _written(item, source_of) for key, item in value.items()}
        return {**written.pop(INLINE, {}), **written}
    if isinstance(value, (list, tuple)):
        return [_written(item, source_of) for item in value]
    if isinstance(value, str):
        bound = bind_text(value)
        return bound.render(placeholder) if isinstance(bound, Template) else bound
    return value
