"""The modules named `kfp` that a step's code sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.steps import VERSIONS, executor_input, python_or_skip, run_step


def said(tmp_path: Path, body: str, python: str | None = None) -> str:
    """What a step's function returns, whose body this is."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    extra = {"python": python} if python else {}
    done = run_step(tmp_path, f"def f() -> str:\n{lines}\n", executor_input(tmp_path), **extra)  # type: ignore[arg-type]
    assert done.code == 0, done.err
    assert done.output is not None
    return str(done.output["parameterValues"]["Output"])


@pytest.mark.parametrize("version", [VERSIONS[0], "3.13"])
def test_everything_of_kfps_runtime_is_there(tmp_path: Path, version: str) -> None:
    body = """
from kfp.dsl import (Artifact, ClassificationMetrics, Dataset, EmbeddedInput, HTML, Input, InputPath, Markdown, Metrics,
    Model, Output, OutputPath, PipelineTaskFinalStatus, SlicedClassificationMetrics, TaskConfig, get_uri, run_notebook)
assert issubclass(Dataset, Artifact) and dsl.Dataset is Dataset
return repr([dsl.PIPELINE_JOB_NAME_PLACEHOLDER, dsl.PIPELINE_JOB_ID_PLACEHOLDER, dsl.PIPELINE_TASK_ID_PLACEHOLDER,
    dsl.PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER, dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER,
    dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER, dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
    dsl.WORKSPACE_PATH_PLACEHOLDER])
"""
    assert said(tmp_path, body, python_or_skip(version)) == repr(
        [
            "{{$.pipeline_job_name}}",
            "{{$.pipeline_job_uuid}}",
            "{{$.pipeline_task_uuid}}",
            "{{$.pipeline_job_resource_name}}",
            "{{$.pipeline_job_create_time_utc}}",
            "{{$.outputs.output_file}}",
            "{{$}}",
            "{{$.workspace_path}}",
        ]
    )


def test_submodules_give_the_same_classes(tmp_path: Path) -> None:
    body = """
import kfp.dsl.types.artifact_types as types
from kfp.dsl.types.type_annotations import InputPath as Path
from kfp.dsl.executor import Executor
from kfp.v2.dsl import Dataset as Old
return repr([types.Dataset is Dataset, Path is InputPath, Old is Dataset, Executor.__name__])
"""
    assert said(tmp_path, body) == "[True, True, True, 'Executor']"


def test_authoring_is_there_by_name_and_does_nothing(tmp_path: Path) -> None:
    body = """
from kfp import compiler, components, kubernetes
@dsl.component
def one(): return 1
@component(packages_to_install=["x"])
def two(): return 2
class Mine(dsl.PipelineTask): pass
annotation = Optional[dsl.PipelineTask]
with dsl.ParallelFor([1, 2]) as item:
    pass
compiler.Compiler().compile(one, "x.yaml")
loaded = components.load_component_from_text("...")
kubernetes.use_secret_as_env(loaded, "a", {})
return repr([one(), two(), dsl.TaskConfigField.RESOURCES is dsl.component, isinstance(Mine(), dsl.PipelineTask)])
"""
    assert said(tmp_path, body) == "[1, 2, True, True]"


def test_a_name_that_kfp_does_not_have_is_an_attribute_error(tmp_path: Path) -> None:
    body = """
try:
    dsl.no_such_name
except AttributeError as error:
    return str(error)
"""
    assert said(tmp_path, body) == "module 'kfp.dsl' has no attribute 'no_such_name' inside a step"


def test_kfps_client_is_not_there_without_kfp(tmp_path: Path) -> None:
    body = """
try:
    from kfp import client
except ImportError as error:
    return str(error)
"""
    assert "client" in said(tmp_path, body)


def test_kfbridge_has_the_same_names_where_it_is_not_installed(tmp_path: Path) -> None:
    body = """
import sys
sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
from kfbridge import dsl as ours
from kfbridge.dsl import Dataset as Ours
return repr([Ours is Dataset, ours.component(len) is len])
"""
    # -S: the test's own environment has kfbridge installed
    assert said(tmp_path, body, python_or_skip("3.12")) == "[True, True]"


def test_a_notebook_helper_outside_of_a_notebook_component(tmp_path: Path) -> None:
    body = """
try:
    dsl.run_notebook(a=1)
except NotImplementedError as error:
    return str(error)
"""
    assert said(tmp_path, body) == "dsl.run_notebook works in a @dsl.notebook_component only."
