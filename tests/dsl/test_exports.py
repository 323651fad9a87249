"""The names that users import."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from kfbridge import compiler, dsl

KFP_NAMES = """
    component container_component notebook_component pipeline importer
    If Elif Else Condition OneOf ParallelFor Collected ExitHandler
    Artifact Dataset Model Metrics ClassificationMetrics SlicedClassificationMetrics HTML Markdown
    Input Output InputPath OutputPath EmbeddedInput PipelineTaskFinalStatus TaskConfig
    ContainerSpec ConcatPlaceholder IfPresentPlaceholder PipelineTask
    PipelineConfig WorkspaceConfig KubernetesWorkspaceConfig TaskConfigField TaskConfigPassthrough
    get_uri run_notebook
    PIPELINE_JOB_NAME_PLACEHOLDER PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER PIPELINE_JOB_ID_PLACEHOLDER
    PIPELINE_TASK_NAME_PLACEHOLDER PIPELINE_TASK_ID_PLACEHOLDER PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER
    PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER PIPELINE_ROOT_PLACEHOLDER PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER
    PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER WORKSPACE_PATH_PLACEHOLDER
"""

KFP_MODULES = """
    types.artifact_types types.type_annotations types.type_utils base_component component_factory
    container_component_class graph_component pipeline_channel pipeline_task pipeline_context placeholders structures
    tasks_group for_loop python_component yaml_component pipeline_config
"""


def test_every_name_of_kfp_is_there() -> None:
    assert set(KFP_NAMES.split()) <= set(dsl.__all__)


@pytest.mark.parametrize("name", dsl.__all__)
def test_what_is_exported_can_be_imported(name: str) -> None:
    assert getattr(dsl, name) is not None
    assert name in dir(dsl)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Pipelin'"):
        dsl.Pipelin  # noqa: B018


@pytest.mark.parametrize("name", KFP_MODULES.split())
def test_the_modules_that_users_import_from_are_there(name: str) -> None:
    importlib.import_module(f"kfbridge.dsl.{name}")


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("pipeline_channel", "OneOf OneOfParameter OneOfArtifact PipelineChannel PipelineParameterChannel"),
        ("tasks_group", "If Elif Else Condition ParallelFor ExitHandler InvalidControlFlowException"),
        ("types.type_utils", "TypeCheckManager InconsistentTypeException InconsistentTypeWarning"),
        ("component_factory", "create_component_from_func create_notebook_component_from_func"),
        ("types.artifact_types", "Artifact Model Metrics get_uri"),
        ("types.type_annotations", "Input Output InputPath OutputPath"),
    ],
)
def test_a_module_has_the_names_that_users_take_from_it(module: str, names: str) -> None:
    found = importlib.import_module(f"kfbridge.dsl.{module}")
    assert [name for name in names.split() if not hasattr(found, name)] == []


def test_a_module_has_no_more_than_it_has() -> None:
    with pytest.raises(AttributeError, match=r"module 'kfbridge.dsl.pipeline_channel' has no attribute 'Nothing'"):
        importlib.import_module("kfbridge.dsl.pipeline_channel").Nothing  # noqa: B018


def test_the_compiler_exports_what_kfp_exports() -> None:
    assert {"Compiler", "KubernetesManifestOptions"} <= set(compiler.__all__)


def test_authoring_and_compiling_load_neither_pydantic_nor_yaml(tmp_path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "from kfbridge import compiler, dsl\n"
        "@dsl.component\n"
        "def step(a: str) -> str:\n    return a\n"
        "@dsl.pipeline\n"
        "def p(a: str = 'x'):\n    step(a=a)\n"
        "compiler.Compiler().compile(p, 'p.yaml')\n"
        "import sys\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'pydantic', 'yaml', 'click', 'pluggy'})\n"
    )
    run = subprocess.run([sys.executable, "pipeline.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
