"""A run with everything that a page draws: loops, conditions, failures, retries, metrics, reports, hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.backends.base import Target
from kfbridge.backends.local.config import Config
from kfbridge.runs.detail import RunDetail, read_detail
from kfbridge.runs.store import RunStore

EVIL = "<script>document.title='taken'</script>"
"""What must show as it is, wherever it stands."""


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> RunDetail:
    folder = tmp_path_factory.mktemp("page")
    source = f"{Path(__file__).parent / 'tuning.py'}:tuning"
    config = Config(artifact_root=str(folder / "runs"), cache=False, parallel=4)
    arguments = {"marks": str(folder / "marks"), "text": f"{EVIL}\n" * 20}
    run = api.run(source, arguments, target=Target("here", config, folder))
    run.wait()
    return read_detail(RunStore(folder / "runs"), run.run_id)
