"""Every pipeline of the KFP corpus becomes Jobs; of what it says about Kubernetes, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.reference import name_of
from kfbridge.backends.k8s.settings import SETTINGS
from kfbridge.backends.k8s.versions import requirements
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.graph.volumes import volume_stub
from kfbridge.spec.read import read_file
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.pods import Document, line_of, setting, unrestricted
from tests.conftest import corpus_files
from tests.engine.fake import World, scripted
from tests.engine.test_corpus import some_arguments

FILES = corpus_files("valid", "argo_compatibility", "kubernetes")
NAMED = {"secretAsEnv": "secret", "secretAsVolume": "secret", "imagePullSecret": "secret", "pvcMount": "pvc"} | {
    "configMapAsEnv": "configMap",
    "configMapAsVolume": "configMap",
}
MADE = {
    "accelerator-limit": {"Output": "1"},
    "accelerator-type": {"Output": "NVIDIA_TESLA_P4"},
    "cpu-limit": {"Output": "4000m"},
    "memory-limit": {"Output": "15G"},
}
"""What steps make that others take their machine from (pipeline_with_string_machine_fields_task_output)."""

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def steps_of(path: Path) -> Iterator[TaskInvocation]:
    graph: Graph = resolve(read_file(path))
    world = World(graph, scripted(MADE), workspace_path="/kfp-workspace").run(**some_arguments(graph))
    return (step for step in world.invocations.values() if volume_stub(step.container) is None)


def jobs_of(path: Path, root: str) -> Iterator[tuple[TaskInvocation, Document]]:
    made = setting(root)
    return ((step, attempt_documents(step, line_of(step, made), made)[-1]) for step in steps_of(path))


def leaves(value: Any) -> Iterator[str]:
    """Every text and number in data, as text; flags say nothing by themselves."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from (
                leaves(part) if key not in ("labels", "annotations") else (*map(str, part), *leaves(part.values()))
            )
    elif isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        yield str(value)
    elif value is not None and not isinstance(value, bool):
        for part in value:
            yield from leaves(part)


def asked(settings: Mapping[str, Any]) -> Iterator[Any]:
    """The settings without entries whose name is an input that was not given."""
    for key, value in settings.items():
        if key in NAMED:
            yield [entry for entry in value if name_of(entry, NAMED[key])]
        else:
            yield value


@pytest.mark.corpus
@every_file
@pytest.mark.parametrize("root", ["pvc://artifacts/runs", "s3://bucket/runs"])
def test_all_that_is_said_of_kubernetes_stands_in_the_job(path: Path, root: str) -> None:
    for step, found in jobs_of(path, root):
        settings = step.platforms.get("kubernetes") or {}
        assert set(settings) <= set(SETTINGS)
        assert set(leaves(list(asked(settings)))) <= set(leaves(found["spec"])), step.key


@pytest.mark.corpus
@every_file
@pytest.mark.parametrize("root", ["pvc://artifacts/runs", "s3://bucket/runs"])
def test_every_pod_is_restricted(path: Path, root: str) -> None:
    for step, found in jobs_of(path, root):
        assert unrestricted(found["spec"]["template"]["spec"]) == [], step.key


@pytest.mark.corpus
def test_what_was_not_given_leaves_no_trace(corpus: Path) -> None:
    path = corpus / "ir" / "valid" / "critical" / "missing_kubernetes_optional_inputs.yaml"
    for _, found in jobs_of(path, "pvc://artifacts/runs"):
        pod = found["spec"]["template"]["spec"]
        assert not {"nodeSelector", "tolerations", "affinity", "imagePullSecrets"} & set(pod)
        assert [one["name"] for one in pod["volumes"]] == ["kfbridge-root"]


@pytest.mark.cluster
def test_the_api_server_takes_every_job_as_it_is(cluster: Cluster, corpus: Path) -> None:
    """Those that have settings; pipelines of the corpus share names of tasks, so the Jobs are numbered here."""
    version = cluster.version
    every = [found for path in FILES for step, found in jobs_of(path, "pvc://artifacts/runs") if step.platforms]
    made = [one for one in every if all(needed.version <= version for needed in requirements(one))]
    numbered = [{**one, "metadata": {**one["metadata"], "name": f"job-{place}"}} for place, one in enumerate(made)]
    assert len(numbered) > 15
    for sent, answer in zip(numbered, cluster.judged(numbered), strict=True):
        assert contained(sent["spec"], answer["spec"]), sent["metadata"]


def contained(part: Any, whole: Any) -> bool:
    """Whether everything that was sent came back; the server adds its defaults."""
    if isinstance(part, Mapping):
        return all(
            key in whole and contained(value, whole[key]) for key, value in part.items() if value not in ({}, [])
        )
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(contained, part, whole))
    return bool(part == whole)
