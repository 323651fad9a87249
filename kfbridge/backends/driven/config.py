"""The settings that targets of driven backends share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kfbridge.backends.driven.root import StorageConfig
from kfbridge.target import BackendConfig


class DrivenConfig(BackendConfig):
    """What targets of driven backends share."""

    artifact_root: str | None = Field(
        None, description="Where runs are kept: a folder, or a URI of a store; .kfbridge/runs beside kfbridge.toml."
    )
    storage: StorageConfig = Field(StorageConfig(), description="How a store of artifact_root is reached.")
    parallel: int | None = Field(None, ge=1, description="How many steps run at once; the number of cores.")
    failure_policy: Literal["slow", "fast"] = Field(
        "slow", description="After a failed step: finish the independent branches (slow) or start nothing more (fast)."
    )
    cache: bool = Field(True, description="Whether steps that ask for caching are answered from earlier runs.")
