"""``kfbridge k8s install`` gives a namespace what runs need."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.cli import main
from tests.backends.k8s.conftest import Cluster

TARGETS = """
default = "kind"
[targets.kind]
backend = "k8s"
namespace = "ml"
artifact_root = "pvc://kfbridge-artifacts/runs"
[targets.bucket]
backend = "k8s"
namespace = "ml"
artifact_root = "s3://bucket/runs"
driver_service_account = "robot"
[targets.nowhere]
backend = "k8s"
artifact_root = "s3://bucket/runs"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kfbridge.toml").write_text(TARGETS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def manifests(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, Any]]:
    """What a dry run prints, by kind."""
    assert main(["k8s", "install", "--dry-run", *options]) == 0
    return {one["kind"]: one for one in yaml.safe_load_all(capsys.readouterr().out)}


def test_a_dry_run_prints_what_kubectl_would_apply(capsys: pytest.CaptureFixture[str]) -> None:
    found = manifests(capsys)
    assert list(found) == ["Namespace", "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim"]
    assert {one["metadata"].get("namespace", "ml") for one in found.values()} == {"ml"}
    assert found["PersistentVolumeClaim"]["metadata"]["name"] == "kfbridge-artifacts"


def test_the_claim_is_as_large_and_as_shared_as_said(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--size", "5Gi", "--access-mode", "ReadWriteOnce", "--storage-class", "fast")
    assert manifests(capsys, *options)["PersistentVolumeClaim"]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
    }


def test_a_bucket_needs_no_claim_and_the_account_may_have_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = manifests(capsys, "-t", "bucket")
    assert "PersistentVolumeClaim" not in found
    assert found["RoleBinding"]["subjects"] == [{"kind": "ServiceAccount", "name": "robot", "namespace": "ml"}]


def test_the_driver_has_no_right_to_secrets_or_to_everything(capsys: pytest.CaptureFixture[str]) -> None:
    rules = manifests(capsys)["Role"]["rules"]
    assert not {"secrets", "*", "pods/exec"} & {name for rule in rules for name in rule["resources"]}
    assert "*" not in {verb for rule in rules for verb in rule["verbs"]}


def test_programs_get_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["k8s", "install", "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["namespace"], found["applied"], len(found["documents"])) == ("ml", False, 5)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere", "The target 'nowhere' names no namespace to set up."),
        ("local", "The target 'local' is of the backend local, which needs no namespace."),
    ],
)
def test_wrong_use_is_told(target: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["k8s", "install", "--dry-run", "-t", target]) == 2
    assert reason in capsys.readouterr().err


def test_without_kubectl_the_manifests_can_be_handed_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["k8s", "install"]) == 1
    assert "There is no kubectl on the path." in capsys.readouterr().err


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1)])
def test_kubectl_is_told_where_and_what(
    code: int, expected: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "kubectl"
    program.write_text(f'#!/bin/sh\necho "$@" > said; cat > given; echo applied; echo "no rights" >&2; exit {code}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert main(["k8s", "install", "--set", "context=kind-ml"]) == expected
    told = capsys.readouterr()
    assert (tmp_path / "said").read_text() == "--context=kind-ml apply --filename=-\n"
    assert len(list(yaml.safe_load_all((tmp_path / "given").read_text()))) == 5
    if code:
        assert "kubectl could not apply the manifests: no rights" in told.err
    else:
        assert told.out == "applied\n"


@pytest.mark.cluster
def test_a_namespace_is_ready_after_it(
    cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl").symlink_to(cluster.kubectl)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    set_up = ["k8s", "install", "-t", "bucket", "--set", f"namespace={cluster.namespace}"]
    assert main(set_up) == 0
    assert "serviceaccount/robot created" in capsys.readouterr().out
    assert main(set_up) == 0
    assert "role.rbac.authorization.k8s.io/robot unchanged" in capsys.readouterr().out
