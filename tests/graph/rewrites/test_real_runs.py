"""Rewritten pipelines with real steps on this machine: conformance cases must end as they do without a rewrite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kfbridge import api
from kfbridge.backends.base import RunStatus, Target, TaskStatus
from kfbridge.backends.local.config import Config, Containers
from kfbridge.graph.rewrites import Rewritten, apply, conditions, inline, unroll
from kfbridge.spec.read import from_data
from kfbridge.spec.write import write_yaml
from kfbridge.testing import CASES, BackendConformance, Case
from kfbridge.testing.suite import Runner

SAMPLE = [
    "true_and_false",
    "conditions_in_conditions",
    "first_true_branch",
    "failure_in_a_condition",
    "loop_over_an_argument",
    "loop_over_odd_texts",
    "one_at_a_time",
    "limited_parallelism",
    "collected_of_failed",
    "pipelines_in_pipelines",
    "exit_after_failure",
    "retry_in_a_nested_pipeline",
    "collected_from_nested_loops",
    "collected_of_skipped",
    "collected_of_all_skipped",
    "collected_artifacts_from_nested_loops",
    "collected_as_the_output_of_the_pipeline",
    "deep_nesting",
    "loop_in_a_nested_pipeline",
]


def rewritten(case: Case, arguments: Mapping[str, Any]) -> Rewritten:
    document = from_data([part for part in case.pipeline.documents if part])
    return apply(document, [partial(unroll, arguments=arguments), partial(inline, exit_groups=True), conditions])


def in_the_users_words(status: RunStatus, done: Rewritten) -> RunStatus:
    """The run with its tasks called what the user calls them; what a rewrite made up is left out."""

    def named(task: TaskStatus) -> TaskStatus | None:
        key = done.origin_key(task.path)
        return None if key is None else replace(task, path=key, name=key.rpartition("/")[2].partition("[")[0])

    return replace(status, tasks=tuple(task for task in map(named, status.tasks) if task is not None))


@pytest.mark.slow
class TestRewritten(BackendConformance):
    cases: ClassVar[Mapping[str, Case]] = {name: CASES[name] for name in SAMPLE}

    @pytest.fixture
    def target(self, tmp_path: Path) -> Target:
        config = Config(artifact_root=str(tmp_path / "runs"), containers=Containers.HOST, parallel=8)
        return Target("local", config, tmp_path)  # steps that collect are containers

    @pytest.fixture
    def run(self, target: Target, tmp_path: Path) -> Runner:
        def run(case: Case, arguments: Mapping[str, Any]) -> RunStatus:
            done = rewritten(case, arguments)
            assert done.origins.keys() != {origin.path for origin in done.origins.values()}, "nothing was rewritten"
            file = tmp_path / "pipeline.yaml"
            file.write_text(write_yaml(done.document), encoding="utf-8")
            return in_the_users_words(api.run(file, arguments, target=target).wait(), done)

        return run
