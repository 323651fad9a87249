"""The second and the fourth judge: kfp.local runs what plans send, the conformance cases and the files of the corpus.

A case or a file that a plan refuses is none for kfp.local: what is refused, and why, is looked at here too. Custom jobs
are for Vertex AI alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfbridge.testing import CASES, Case
from kfbridge.testing.gap import Gap
from tests.backends.vertex import kfp_local, kfp_local_gaps
from tests.backends.vertex.planning import plan, refusals
from tests.conftest import corpus_files
from tests.corpus.expectation import Expectation, expectations, spread

pytestmark = [pytest.mark.kfp_local, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

FILES = {f"{path.parent.name}/{path.stem}": path for path in corpus_files("valid", "argo_compatibility", "kubernetes")}

REFUSED: Mapping[str, str] = {
    "big_integers": "exact_integer",
    "parameters_as_arguments": "exact_integer",
    "loop_over_artifacts": "loop_over_artifacts",
    "metadata_of_an_imported_artifact": "importer",
    "requested_resources": "resources_at_run_time",
    "settings_passed_through": "task_config",
    "retry_of_a_nested_pipeline": "retry_of_group",
    "workspace_of_the_run": "workspace",
    "workspace_in_a_loop": "workspace",
    "workspace_of_one_run_only": "workspace",
    "import_into_the_workspace": "workspace",
    "image_from_an_output": "image_at_run_time",
}
"""The cases that a plan for Vertex AI refuses, each with the feature."""

_NOT_AN_OUTPUT = {"state", "attempts", "prints"}
_ARTIFACT = {"text", "begins", "metadata", "type", "uri", "matches"}


def parameters(gaps: Mapping[str, Gap], names: Iterator[str]) -> list[Any]:
    def marks(name: str) -> list[pytest.MarkDecorator]:
        gap = gaps.get(name)
        return [pytest.mark.xfail(reason=str(gap), strict=True, raises=AssertionError)] if gap else []

    return [pytest.param(name, marks=marks(name)) for name in names]


@pytest.mark.parametrize("name", parameters(kfp_local_gaps.CASES, (name for name in CASES if name not in REFUSED)))
def test_a_case_ends_as_it_must(name: str, tmp_path: Path) -> None:
    kfp_local.require()
    case = CASES[name]
    made = planned(case, tmp_path)
    assert refusals(made) == []
    for _ in range(case.runs):
        verdict = kfp_local.run(made, tmp_path)
    assert verdict.differences(case.expected.state, case.expected.outputs) == [], case.meaning


@pytest.mark.parametrize(("name", "feature"), REFUSED.items())
def test_a_case_is_refused_for_one_reason(name: str, feature: str, tmp_path: Path) -> None:
    assert {one for one, _ in refusals(planned(CASES[name], tmp_path))} == {feature}


def planned(case: Case, folder: Path) -> Any:
    scratch = folder / "scratch"
    scratch.mkdir()
    return plan(case.pipeline, case.bound(str(scratch)))


def runnable() -> Iterator[str]:
    """The files of the corpus that a plan sends and that do not take minutes."""
    for name in FILES:
        expected = expectations()[name]
        if not expected.minutes and not refusals(plan(FILES[name], given(expected, Path("/gcs/b")))):
            yield name


def given(expected: Expectation, folder: Path) -> dict[str, Any]:
    return {
        key: value.replace("{folder}", str(folder)) if isinstance(value, str) else value
        for key, value in expected.arguments.items()
    }


@pytest.mark.corpus
@pytest.mark.parametrize("name", parameters(kfp_local_gaps.FILES, runnable()))
def test_a_file_of_the_corpus_does_what_it_does_on_this_machine(name: str, tmp_path: Path) -> None:
    """The expectations are those that the local backend is held to: the same end, the same outputs, step by step."""
    kfp_local.require()
    expected = expectations()[name]
    for file, text in expected.files.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    verdict = kfp_local.run(plan(FILES[name], given(expected, tmp_path)), tmp_path, expected.environment)
    outputs = verdict.outputs if expected.drawn else expected.outputs
    assert verdict.differences(expected.state, outputs) == []
    if not expected.drawn:
        missing = written(expected) - {_key(step, values) for step, values in verdict.steps}
        assert not missing, verdict.steps


def written(expected: Expectation) -> set[tuple[str, str]]:
    """The parameters that the steps write, as far as an expectation says them all.

    Not how often: steps of one name in different pipelines have one folder at kfp.local.
    """
    found: set[tuple[str, str]] = set()
    for path, said in spread(expected.steps).items():
        values = {key: value for key, value in said.items() if key not in _NOT_AN_OUTPUT}
        if any(key.endswith("_path") for key in values):  # written to files, which stand in no executor output
            continue
        if values and not any(isinstance(one, dict) and one.keys() <= _ARTIFACT for one in values.values()):
            found.add(_key(path.rpartition("/")[2], values))
    return found


def _key(name: str, values: Mapping[str, Any]) -> tuple[str, str]:
    return name, json.dumps(values, sort_keys=True)


def test_the_gaps_name_cases_and_files_that_exist() -> None:
    assert set(kfp_local_gaps.CASES) <= set(CASES) - set(REFUSED)
    assert not FILES or set(kfp_local_gaps.FILES) <= set(FILES)


def test_the_judge_can_say_no(tmp_path: Path) -> None:
    kfp_local.require()
    made = planned(CASES["every_type"], tmp_path)
    body = json.loads(made.documents["pipeline_job.json"])
    body["runtimeConfig"]["parameterValues"] = {}
    body["pipelineSpec"]["root"]["dag"]["tasks"].popitem()
    verdict = kfp_local.run(replace(made, documents={"pipeline_job.json": json.dumps(body).encode()}), tmp_path)
    assert verdict.differences("succeeded", CASES["every_type"].expected.outputs)
