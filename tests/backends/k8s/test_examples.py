"""What the examples become on Kubernetes, as files to be read: golden/EXAMPLE.yaml.

KFBRIDGE_RENEW=1 writes them anew; look at the difference before committing it.
"""

from __future__ import annotations

import os

import pytest
import yaml

from kfbridge import documents
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.install import Subject, install_documents
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.graph.model import Graph
from kfbridge.source import load
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.pods import GOLDEN, Document, pipeline_documents, setting, shortened
from tests.conftest import REPOSITORY

EXAMPLES = ("breast_cancer", "two_step")
ARGUMENTS = {"breast_cancer": {"threshold": 0.25}}  # steps that pretend make 0.5 of every accuracy
ROOTS = {"claim": "pvc://kfbridge-artifacts/runs", "bucket": "s3://bucket/runs"}


def graph_of(example: str) -> Graph:
    return documents.graph(documents.read(load(REPOSITORY / "examples" / example / "pipeline.py")))


def jobs(example: str, root: str) -> list[Document]:
    made = pipeline_documents(graph_of(example), ARGUMENTS.get(example, {}), setting(ROOTS[root]))
    return [one for found in made.values() for one in found]


def golden(name: str, made: list[Document]) -> None:
    """Compare with a file, or write it."""
    file = GOLDEN / f"{name}.yaml"
    text = manifest_text([shortened(one) for one in made])
    if os.environ.get("KFBRIDGE_RENEW"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_jobs_of_an_example(example: str) -> None:
    golden(example, jobs(example, "claim"))


def test_the_jobs_of_an_example_whose_data_are_in_a_bucket() -> None:
    golden("two_step_bucket", jobs("two_step", "bucket"))


def test_the_same_jobs_are_the_same_bytes() -> None:
    assert manifest_text(jobs("two_step", "claim")) == manifest_text(jobs("two_step", "claim"))


def test_what_is_written_is_what_was_made() -> None:
    made = jobs("breast_cancer", "claim")
    assert list(yaml.safe_load_all(manifest_text(made))) == made


def test_what_a_namespace_needs() -> None:
    golden("install", install_documents(Config(artifact_root=ROOTS["claim"]), "ml"))


@pytest.mark.cluster
@pytest.mark.parametrize("root", ROOTS)
def test_the_api_server_takes_the_jobs(cluster: Cluster, root: str) -> None:
    made = [one for example in EXAMPLES for one in jobs(example, root)]
    assert [one["metadata"]["name"] for one in cluster.judged(made)] == [one["metadata"]["name"] for one in made]


@pytest.mark.cluster
def test_installing_twice_changes_nothing(cluster: Cluster) -> None:
    config = Config(artifact_root=ROOTS["claim"])
    subjects: list[Subject] = [("User", "jane@example.com"), ("Group", "ml:team")]
    text = manifest_text(install_documents(config, cluster.namespace, "1Gi", "ReadWriteOnce", subjects=subjects))
    cluster.call("apply", "--filename=-", text=text)
    assert cluster.call("diff", "--filename=-", text=text) == ""  # it exits with 1 where something would change


@pytest.mark.cluster
def test_the_driver_may_do_its_work_and_nothing_else(cluster: Cluster) -> None:
    config = Config(artifact_root=ROOTS["claim"])
    text = manifest_text(install_documents(config, cluster.namespace, "1Gi", "ReadWriteOnce"))
    cluster.call("apply", "--filename=-", text=text)
    account = f"--as=system:serviceaccount:{cluster.namespace}:kfbridge-driver"
    allowed = cluster.call("auth", "can-i", "--list", "--no-headers", account).splitlines()
    rights = {line.split()[0] for line in allowed if not line.split()[0].startswith(("selfsubject", "["))}
    assert rights == {"jobs.batch", "pods", "pods/log", "events", "persistentvolumeclaims"}
