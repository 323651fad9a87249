"""The settings of a local target."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from pydantic import Field

from kfbridge.backends.base import Target
from kfbridge.backends.driven import DrivenConfig
from kfbridge.backends.driven.root import root_folder


class Containers(str, Enum):
    """What to do with container components."""

    REFUSE = "refuse"  # nothing is started
    HOST = "host"  # the command runs here as a process, in a scratch folder; the image is not used
    DOCKER = "docker"  # the docker command line runs the image


class Config(DrivenConfig):
    """A target with ``backend = "local"``."""

    backend: Literal["local"] = "local"
    containers: Containers = Field(Containers.REFUSE, description="Container components: refuse, host or docker.")
    docker_command: str = Field(
        "docker", min_length=1, description="The docker command line, or one that takes its options."
    )
    python: str | None = Field(None, description="The interpreter for Python steps; the one that runs kfbridge.")

    secrets: str = Field(
        ".kfbridge/secrets", description="Secrets for steps: a folder for each, in it a file for each key."
    )
    config_maps: str = Field(
        ".kfbridge/config_maps", description="Config maps for steps: a folder for each, in it a file for each key."
    )
    volumes: str | None = Field(None, description="Volume claims: a folder for each; .volumes under the artifact root.")

    @property
    def slots(self) -> int:
        """How many steps run at once."""
        return self.parallel or cores()


@dataclass(frozen=True, slots=True)
class Places:
    """The folders, all absolute, that stand in for what a cluster keeps."""

    secrets: Path
    config_maps: Path
    volumes: Path

    @classmethod
    def of(cls, target: Target) -> Places:
        """The folders of a local target.

        Raises:
            UsageError: The artifact root is none of this machine.
        """
        config = target.config
        assert isinstance(config, Config)
        volumes = root_folder(target) / ".volumes" if config.volumes is None else _under(target, config.volumes)
        return cls(_under(target, config.secrets), _under(target, config.config_maps), volumes)


def _under(target: Target, folder: str) -> Path:
    return (target.folder / Path(folder).expanduser()).absolute()


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
