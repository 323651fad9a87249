"""The needs of every compiled pipeline of the corpus, against what its text says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.graph.resolve import resolve
from kfbridge.plan.needs import features
from kfbridge.plan.settings import KUBERNETES
from kfbridge.spec.read import read_file
from tests.conftest import corpus_files, shared_folder

pytestmark = pytest.mark.corpus

FILES = corpus_files("argo_compatibility", "kubernetes", "valid")
TEXTS: dict[str, str] = {
    "loop_parallelism": r"parallelismLimit: [1-9]",
    "loop_over_artifacts": r"artifactIterator:",
    "final_status": r"taskFinalStatus:|TASK_FINAL_STATUS",
    "cache": r"enableCache: true",
    "cache_key": r"cacheKey:",
    "importer_reimport": r"reimport: true",
    "task_config": r"taskConfigPassthroughs:|TASK_CONFIG",
    "volume_claim_lifecycle": r"argostub/(create|delete)pvc",
    "workspace": r"workspace:|workspace_path|downloadToWorkspace: true",
    "run_placeholder": r"\{\{\$\.pipeline_",
    **{feature: rf"^ +{key}:" for key, feature in KUBERNETES.items() if feature != "node_selection"},
    "node_selection": r"^ +(nodeSelector|nodeAffinity|podAffinity|tolerations):",
}
"""What stands in the file of a pipeline that needs a feature, and in no other."""
EXECUTORS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "cpu_and_memory": lambda it: bool({"cpuLimit", "memoryLimit", "resourceCpuLimit"} & {*_resources(it)}),
    "accelerator": lambda it: "accelerator" in _resources(it),
    "environment": lambda it: bool(it.get("container", {}).get("env")),
    "vendor_executor": lambda it: "customJob" in it or "resolver" in it,
}
"""What an executor says that needs a feature."""


def _resources(executor: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = executor.get("container", {}).get("resources", {})
    return found


def needed(file: Path) -> Counter[str]:
    return Counter(need.feature for need in features(resolve(read_file(file))))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_needs_are_those_that_the_text_shows(file: Path) -> None:
    needs, text = needed(file), re.sub(r"defaultValue: .*", "", file.read_text(encoding="utf-8"))
    for feature, pattern in TEXTS.items():
        shown = re.search(pattern, text, re.MULTILINE) is not None
        assert (feature in needs) is shown, f"{feature}: {pattern}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_needs_of_steps_are_those_of_their_executors(file: Path) -> None:
    needs = needed(file)
    [pipeline, *_] = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    executors = (pipeline.get("deploymentSpec") or {}).get("executors") or {}
    for feature, shows in EXECUTORS.items():
        assert (feature in needs) is any(map(shows, executors.values())), feature
    imported = needs["importer"] + needs["importer_of_output"]
    assert bool(imported) is any("importer" in one for one in executors.values())
    steps = ("python_function", "installed_function", "container", "container_entrypoint", "volume_claim_lifecycle")
    assert bool(sum(needs[name] for name in steps)) is any("container" in one for one in executors.values())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_needs_of_groups_are_those_of_their_tasks(file: Path) -> None:
    needs = needed(file)
    [pipeline, *_] = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    tasks = [task for dag in _dags(pipeline) for task in (dag.get("tasks") or {}).values()]
    conditions = [task for task in tasks if (task.get("triggerPolicy") or {}).get("condition")]
    completed = [task for task in tasks if "COMPLETED" in str((task.get("triggerPolicy") or {}).get("strategy"))]
    loops = [task for task in tasks if "parameterIterator" in task or "artifactIterator" in task]
    assert bool(needs["condition_on_input"] + needs["condition_on_output"]) is bool(conditions)
    assert bool(needs["exit_handler"] + needs["ignore_upstream_failure"]) is bool(completed)
    kinds = [name for name in needs if name.startswith("loop_over_")]
    assert bool(kinds) is bool(loops)
    assert bool(needs["retry"] + needs["retry_of_group"]) is any("retryPolicy" in task for task in tasks)
    assert ("one_of" in needs) is _joins(pipeline)
    assert ("pipeline_output" in needs) is bool((pipeline["root"].get("dag") or {}).get("outputs"))


def test_no_setting_of_the_corpus_is_unknown() -> None:
    assert shared_folder() is not None
    assert [file.stem for file in FILES if "unknown_setting" in needed(file)] == []


def _dags(pipeline: dict[str, Any]) -> list[dict[str, Any]]:
    components = [pipeline["root"], *(pipeline.get("components") or {}).values()]
    return [component["dag"] for component in components if "dag" in component]


def _joins(pipeline: dict[str, Any]) -> bool:
    outputs = [dag.get("outputs") or {} for dag in _dags(pipeline)]
    parameters = [one for each in outputs for one in (each.get("parameters") or {}).values()]
    artifacts = [one for each in outputs for one in (each.get("artifacts") or {}).values()]
    several = any(len(one.get("artifactSelectors") or ()) > 1 for one in artifacts)
    return several or any(
        len((one.get("valueFromOneof") or {}).get("parameterSelectors") or ()) > 1 for one in parameters
    )
