"""A plan is pure: no cloud SDK, no network, no credentials, and the same bytes in every process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kfbridge import plugins
from tests.docs.pages import REPOSITORY

PLANNER = """
import sys, socket

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in SDKS:
            raise AssertionError(f"a plan imports {name}")

SDKS = {"boto3", "botocore", "s3transfer", "google", "azure", "kubernetes", "sagemaker", "kfp", "httpx", "requests",
        "urllib3", "grpc", "obstore", "fsspec", "msal", "pandas", "numpy"}
sys.meta_path.insert(0, Refuse())

def refuse(*args, **kwargs):
    raise AssertionError("a plan opens a socket")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse

from kfbridge.cli import main
sys.exit(main(sys.argv[1:]))
"""

SETTINGS: dict[str, dict[str, str]] = {
    "local": {"containers": "host"},
    "k8s": {"artifact_root": "pvc://artifacts/runs"},
    "vertex": {"project": "my-project", "location": "us-central1", "artifact_root": "gs://bucket/runs"},
    "sagemaker": {
        "region": "us-east-1",
        "role_arn": "arn:aws:iam::123456789012:role/ml",
        "artifact_root": "s3://bucket/runs",
    },
    "azureml": {
        "subscription_id": "00000000-0000-0000-0000-000000000000",
        "resource_group": "ml",
        "workspace": "prod",
        "artifact_root": "azureml://datastores/workspaceblobstore/paths/runs",
    },
}
PIPELINES = [REPOSITORY / "examples" / name / "pipeline.py" for name in ("breast_cancer", "two_step")]


def planned(folder: Path, backend: str, pipeline: Path, seed: str) -> tuple[dict[str, Any], str]:
    """The plan's document, and the hash of all its files, made by a process of its own."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in SETTINGS[backend].items()]
    (folder / "kfbridge.toml").write_text("\n".join(["[targets.it]", f'backend = "{backend}"', *lines]) + "\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GOOGLE_", "AZURE_"))}
    done = subprocess.run(
        [sys.executable, "-c", PLANNER, "plan", str(pipeline), "-t", "it", "-o", f"plan-{seed}", "--json"],
        cwd=folder,
        env={**env, "PYTHONHASHSEED": seed, "HOME": str(folder), "KUBECONFIG": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "AssertionError" not in done.stderr
    found = hashlib.sha256()
    for file in sorted((folder / f"plan-{seed}").rglob("*")):
        if file.is_file():
            found.update(f"{file.name}\0".encode() + file.read_bytes())
    return json.loads(done.stdout), found.hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("backend", sorted(plugins.backends()))
def test_planning_imports_no_sdk_opens_no_socket_and_repeats_itself(
    tmp_path: Path, backend: str, pipeline: Path
) -> None:
    document, first = planned(tmp_path, backend, pipeline, "1")
    _, second = planned(tmp_path, backend, pipeline, "2")
    assert document["backend"] == backend
    assert document["findings"], "a plan says something of every pipeline"
    assert first == second


def test_the_refusal_bites() -> None:
    """The import hook of these tests is no ornament."""
    code = PLANNER.replace("from kfbridge.cli import main", "import boto3")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "AssertionError: a plan imports boto3" in done.stderr
