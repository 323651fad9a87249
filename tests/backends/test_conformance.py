"""The local backend passes every conformance case."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfbridge.backends.base import Target
from kfbridge.backends.local.config import Config, Containers
from kfbridge.testing import BackendConformance


class TestLocal(BackendConformance):
    @pytest.fixture
    def target(self, tmp_path: Path) -> Target:
        config = Config(artifact_root=str(tmp_path / "runs"), containers=Containers.HOST, parallel=8)
        return Target("local", config, tmp_path)
