"""What importers want in the workspace is copied there when the first step reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.backends.local import findings as judging
from kfbridge.backends.local.config import Config, Places
from kfbridge.backends.local.findings import findings
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.workspace import bring_copies, workspace_mounts
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.graph.model import Graph
from tests.backends.local.steps import invocation, shell


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    return RunContext("run-1", "test", 0.0, {"workspace_path": str(tmp_path / "workspace")})


def reads(uri: str, context: RunContext) -> tuple[TaskInvocation, Path]:
    """A step that reads what an importer brought, and where it finds it."""
    artifact = Artifact("data", "system.Dataset", uri, custom_path=context.workspace_copy(uri))
    return invocation(shell("true"), artifacts={"data": [artifact]}), Path(artifact.custom_path)


def test_a_file_is_copied_once_and_stays_as_the_steps_left_it(tmp_path: Path, context: RunContext) -> None:
    (tmp_path / "rows.csv").write_text("1,2")
    made, copy = reads(f"file://{tmp_path}/rows.csv", context)
    bring_copies(made, context)
    assert (copy.name, copy.read_text()) == ("rows.csv", "1,2")
    copy.write_text("3,4")
    bring_copies(made, context)
    assert copy.read_text() == "3,4"
    assert (tmp_path / "rows.csv").read_text() == "1,2"
    assert [path.name for path in copy.parent.iterdir()] == ["rows.csv"]


def test_a_folder_is_copied_with_all_that_is_in_it(tmp_path: Path, context: RunContext) -> None:
    (tmp_path / "set/part").mkdir(parents=True)
    (tmp_path / "set/part/rows.csv").write_text("1,2")
    made, copy = reads(str(tmp_path / "set") + "/", context)
    bring_copies(made, context)
    assert (copy / "part/rows.csv").read_text() == "1,2"


def test_two_of_the_same_name_are_two(context: RunContext) -> None:
    assert context.workspace_copy("/a/rows.csv") != context.workspace_copy("/b/rows.csv")


def test_what_is_not_there_or_not_here_is_said(tmp_path: Path, context: RunContext) -> None:
    with pytest.raises(BackendError, match=r"/nowhere/x cannot be copied into the workspace: No such file"):
        bring_copies(reads("/nowhere/x", context)[0], context)
    with pytest.raises(BackendError, match=r"it reads a copy of oci://b/x, which is neither on this machine nor at"):
        bring_copies(reads("oci://b/x", context)[0], context)


def test_artifacts_with_paths_of_their_own_are_left_alone(tmp_path: Path, context: RunContext) -> None:
    made, _ = reads("gs://b/x", context)
    [artifact] = made.artifacts["data"]
    own = replace(made, artifacts={"data": [replace(artifact, custom_path=str(tmp_path / "own"))]})
    bring_copies(own, context)
    assert not (tmp_path / "own").exists()
    assert RunContext("run-1", "test", 0.0).workspace_copy("/x") == ""


WORKSPACE = """
from kfbridge import dsl

@dsl.component
def put(path: str):
    open(path + "/file", "w").write("shared")

@dsl.component
def get() -> str:
    return open("/kfp-workspace/file").read()

@dsl.container_component
def copy(out: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image="alpine", command=["sh", "-c", 'cat /kfp-workspace/file > "$0"'], args=[out])

config = dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi"))

@dsl.pipeline(name="shared", pipeline_config=config)
def shared():
    written = put(path=dsl.WORKSPACE_PATH_PLACEHOLDER)
    get().after(written)
    copy().after(written)
"""


@pytest.mark.skipif(bool(obstacle()), reason="nothing can be mounted here")
def test_steps_find_the_workspace_at_the_path_that_it_has_in_kfp(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text(WORKSPACE)
    settings = {"containers": "host", "artifact_root": str(tmp_path / "runs")}
    status = api.run(tmp_path / "shared.py", settings=settings).wait()
    assert (status.state, status.error) == ("succeeded", None)
    outputs = {task.name: task.outputs for task in status.tasks}
    assert outputs == {"put": {}, "get": {"Output": "shared"}, "copy": {"out": "shared"}}
    assert not Path("/kfp-workspace").exists()


def test_where_nothing_can_be_mounted_the_plan_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared.py").write_text(WORKSPACE)
    graph: Graph = api.plan(tmp_path / "shared.py", settings={"artifact_root": str(tmp_path)}).graph
    monkeypatch.setattr(judging, "obstacle", lambda: "only Linux can mount a folder for one process")
    found = findings(graph, Config(), Places(tmp_path, tmp_path, tmp_path))
    [said] = [one for one in found if one.feature == "workspace" and not one.task]
    assert "not at /kfp-workspace, where nothing can be mounted: only Linux can mount" in said.reason
    assert "WORKSPACE_PATH_PLACEHOLDER" in said.remedy


def test_a_run_that_lies_in_a_workspace_of_kfp_hides_it_from_nobody() -> None:
    inside = RunContext("run-1", "test", 0.0, {"workspace_path": "/kfp-workspace/runs/run-1/workspace"})
    assert workspace_mounts(inside, in_docker=True) == ()
    assert workspace_mounts(RunContext("run-1", "test", 0.0), in_docker=True) == ()
