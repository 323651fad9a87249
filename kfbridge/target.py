"""A named place to run: a backend and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class BackendConfig(BaseModel):
    """The part of a target's section that every backend shares; each backend's `Config` derives from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: str
    artifact_root: str | None = Field(None, description="Where runs keep what they make: a URI.")
    allow_loss: tuple[str, ...] = Field(
        (), description="Features that a run may do without where the backend does not have them."
    )


class ProviderConfig(BackendConfig):
    """What targets of the providers share: the images that they can pull, and the machines that they choose."""

    images: dict[str, str] = Field(
        {}, description="Images by what the pipeline says (a name, or a pattern with *); the first match counts."
    )
    machines: dict[str, str] = Field(
        {}, description="Machines by accelerator name, or cpu: used instead of the one that would be chosen."
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A target of kfbridge.toml; `folder` is where that file lies, or the working directory."""

    name: str
    config: BackendConfig
    folder: Path


def example_target(backend: str, model: type[BackendConfig], folder: Path) -> Target:
    """A target without a name, for checking where the configuration has none: its settings are examples.

    Raises:
        pydantic.ValidationError: The backend has settings that must be given, and no examples of them.
    """
    examples = {name: field.examples[0] for name, field in model.model_fields.items() if field.examples}
    return Target("", model.model_validate({**examples, "backend": backend}), folder)
