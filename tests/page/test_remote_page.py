"""The page of a run that lies at a remote root, made on a machine that has nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.backends.base import Target
from kfbridge.backends.driven.root import StorageConfig
from kfbridge.backends.local.config import Config
from tests.page.browser import parse

PIPELINE = """
from kfbridge import dsl

@dsl.component
def report(notes: dsl.Output[dsl.Markdown]) -> int:
    print("a line of the log")
    with open(notes.path, "w") as file:
        file.write("# From afar")
    return 3

@dsl.pipeline(name="reports")
def reports():
    report()
"""


def test_logs_reports_and_records_are_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text(PIPELINE)
    config = Config(artifact_root="pvc://claim/runs", storage=StorageConfig(claims={"claim": str(tmp_path / "claim")}))
    target = Target("afar", config, tmp_path)
    (tmp_path / "claim").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one machine"))
    assert api.run(source, target=target, run_id="reports-1").wait().state == "succeeded"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    [task] = api.detail("reports-1", target=target).tasks
    assert task.outputs["parameters"] == {"Output": 3}
    assert task.machine, "the document was brought: a journal does not know the machine"
    assert api.write_page("latest", tmp_path / "run.html", target=target) == "reports-1"
    details = parse((tmp_path / "run.html").read_text()).one("template", id="task-0")
    assert details.one("h4").text == "From afar"
    assert details.one("pre", class_="log").text == "a line of the log"
