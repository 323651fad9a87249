"""``kfbridge resume RUN --on TARGET``: what is left of a run, on another target."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.kfbridge_process import Project

PIPELINE = """
@dsl.component
def count(ran: str) -> int:
    open(ran, "a").write("count\\n")
    return 2**60 + 1

@dsl.component
def write(ran: str, text: dsl.Output[dsl.Dataset]):
    open(ran, "a").write("write\\n")
    open(text.path, "w").write("kept")
    text.metadata["rows"] = 3

@dsl.component
def use(ran: str, number: int, text: dsl.Input[dsl.Dataset]) -> str:
    import os
    open(ran, "a").write("use\\n")
    if not os.path.exists(ran + ".mended"):
        raise ValueError("not yet")
    return f"{number} {open(text.path).read()} {text.metadata['rows']}"

@dsl.pipeline(name="moving")
def pipeline(ran: str) -> str:
    return use(ran=ran, number=count(ran=ran).output, text=write(ran=ran).outputs["text"]).output
"""
CONFIGURATION = """
[targets.one]
backend = "local"
artifact_root = "one"

[targets.two]
backend = "local"
artifact_root = "two"

[targets.cloud]
backend = "vertex"
project = "p"
location = "us-central1"
artifact_root = "gs://bucket/runs"
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A run on the target ``one`` whose last step has failed."""
    found = Project(tmp_path)
    found.write(PIPELINE)
    (tmp_path / "kfbridge.toml").write_text(CONFIGURATION)
    found.call("run", "pipeline.py", "-t", "one", "-p", f"ran={tmp_path}/ran", "--run-id", "first", code=1)
    return found


def ran(project: Project) -> list[str]:
    return sorted((project.folder / "ran").read_text().split())


def test_another_target_takes_what_is_done_from_the_records(project: Project) -> None:
    (project.folder / "ran.mended").touch()
    found = project.json("resume", "first", "-t", "one", "--on", "two")
    assert (found["target"], found["state"]) == ("two", "succeeded")
    assert found["outputs"] == {"Output": f"{2**60 + 1} kept 3"}
    assert ran(project) == ["count", "use", "use", "write"], "no finished step ran twice"
    assert [one["run_id"] for one in project.json("runs", "-t", "one")["runs"]] == ["first"]


def test_artifacts_of_this_machine_are_no_use_to_a_cloud(project: Project) -> None:
    _, err = project.call("resume", "first", "-t", "one", "--on", "cloud", code=1)
    assert f"write: its output text lies at {project.folder}/one/first/artifacts/write/text on this machine" in err
    assert "Run on an artifact root that both targets reach" in err


def test_a_run_that_succeeded_is_not_moved(project: Project) -> None:
    (project.folder / "ran.mended").touch()
    project.call("resume", "first", "-t", "one")
    _, err = project.call("resume", "first", "-t", "one", "--on", "two", code=1)
    assert "first: The run has succeeded; there is nothing to resume." in err
