"""The workspace: a folder that all steps of a run share."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset, Input
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import read

CONFIG = dsl.PipelineConfig(
    workspace=dsl.WorkspaceConfig(size="1Gi", kubernetes=dsl.KubernetesWorkspaceConfig()),
    ttl_seconds_after_finished=3600,
)


@dsl.component
def leave(folder: str, name: str, text: str) -> str:
    import os

    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


@dsl.component
def take(path: str) -> str:
    with open(path) as file:
        return file.read()


@dsl.component
def names(folder: str) -> list:
    import os

    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


@dsl.component
def spoil(data: Input[Dataset]):
    with open(data.path, "a") as file:
        file.write(" spoilt")


@case("workspace", config=CONFIG, ran="leave take", outputs={"Output": "in the workspace"})
def workspace_of_the_run() -> str:
    """What a step leaves in the workspace, those after it find there."""
    left = leave(folder=dsl.WORKSPACE_PATH_PLACEHOLDER, name="one", text="in the workspace")
    return take(path=left.output).output


@case("workspace", "ParallelFor", config=CONFIG, ran="leave*3 names", outputs={"Output": ["a", "b", "c"]})
def workspace_in_a_loop() -> list:
    """All iterations have the same workspace."""
    with dsl.ParallelFor(["a", "b", "c"]) as name:
        left = leave(folder=dsl.WORKSPACE_PATH_PLACEHOLDER, name=name, text=name)
    return names(folder=dsl.WORKSPACE_PATH_PLACEHOLDER).after(left).output


@case("workspace", config=CONFIG, runs=2, ran="names leave", outputs={"Output": []})
def workspace_of_one_run_only() -> list:
    """A run begins with an empty workspace."""
    found = names(folder=dsl.WORKSPACE_PATH_PLACEHOLDER).set_caching_options(False)
    leave(folder=dsl.WORKSPACE_PATH_PLACEHOLDER, name="mine", text="x").after(found).set_caching_options(False)
    return found.output


@case(
    "workspace",
    "importer",
    config=CONFIG,
    ran="leave importer spoil read take",
    outputs={"Output": "imported spoilt"},
)
def import_into_the_workspace(scratch: str) -> str:
    """An importer may copy its data into the workspace; what steps do to the copy leaves the original as it is."""
    given = leave(folder=scratch, name="given.txt", text="imported")
    imported = dsl.importer(artifact_uri=given.output, artifact_class=Dataset, download_to_workspace=True)
    spoilt = spoil(data=imported.output)
    untouched = take(path=given.output).after(spoilt)
    return read(data=imported.output).after(untouched).output
