"""``kfbridge k8s install`` gives a namespace what runs need."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.backends.k8s.door.doorway import RULES
from kfbridge.backends.k8s.rights import DRIVER_RIGHTS, USER_RIGHTS, Right
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
    """What a dry run prints, by kind and name."""
    assert main(["k8s", "install", "--dry-run", *options]) == 0
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in yaml.safe_load_all(capsys.readouterr().out)}


def test_a_dry_run_prints_what_kubectl_would_apply(capsys: pytest.CaptureFixture[str]) -> None:
    found = manifests(capsys)
    assert list(found) == [
        "Namespace/ml",
        "ServiceAccount/kfbridge-driver",
        "Role/kfbridge-driver",
        "RoleBinding/kfbridge-driver",
        "Role/kfbridge-user",
        "PersistentVolumeClaim/kfbridge-artifacts",
    ]
    assert {one["metadata"].get("namespace", "ml") for one in found.values()} == {"ml"}


def test_the_claim_is_as_large_and_as_shared_as_said(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--size", "5Gi", "--access-mode", "ReadWriteOnce", "--storage-class", "fast")
    assert manifests(capsys, *options)["PersistentVolumeClaim/kfbridge-artifacts"]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
    }


def test_a_bucket_needs_no_claim_and_the_account_may_have_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = manifests(capsys, "-t", "bucket")
    assert not any(name.startswith("PersistentVolumeClaim") for name in found)
    assert found["RoleBinding/robot"]["subjects"] == [{"kind": "ServiceAccount", "name": "robot", "namespace": "ml"}]


@pytest.mark.parametrize("role", ["driver", "user"])
def test_nobody_has_a_right_to_secrets_or_to_everything(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    rules = manifests(capsys)[f"Role/kfbridge-{role}"]["rules"]
    assert not {"secrets", "*", "roles"} & {name for rule in rules for name in rule["resources"]}
    assert "*" not in {verb for rule in rules for verb in rule["verbs"]}


def every(rights: Iterable[Right]) -> set[tuple[str, str]]:
    return {(right.resource, verb) for right in rights for verb in right.verbs}


def test_the_driver_starts_no_processes_in_pods_and_a_user_may_be_the_driver_and_open_doors() -> None:
    assert "pods/exec" not in {right.resource for right in DRIVER_RIGHTS}
    doors = {(resource, verb) for _, resources, verbs in RULES for resource in resources for verb in verbs}
    assert every(USER_RIGHTS) >= every(DRIVER_RIGHTS) | doors


def test_users_and_groups_are_bound_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--user", "jane", "--user", "jane@example.com", "--group", "ml:team", "--user", "jane")
    bound = {name: one for name, one in manifests(capsys, *options).items() if name.startswith("RoleBinding/kfb")}
    subjects = {one["metadata"]["name"]: one["subjects"] for one in bound.values()}
    assert list(subjects)[:2] == ["kfbridge-driver", "kfbridge-user-user-jane"]
    assert [(one["kind"], one["name"]) for listed in subjects.values() for one in listed][1:] == [
        ("User", "jane"),
        ("User", "jane@example.com"),
        ("Group", "ml:team"),
    ]
    assert [one["roleRef"]["name"] for one in bound.values()] == ["kfbridge-driver", *["kfbridge-user"] * 3]


def test_a_user_needs_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["k8s", "install", "--dry-run", "--user", " "]) == 2
    assert "A user without a name cannot be given rights." in capsys.readouterr().err


def test_programs_get_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["k8s", "install", "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["namespace"], found["applied"], len(found["documents"])) == ("ml", False, 6)


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
    assert len(list(yaml.safe_load_all((tmp_path / "given").read_text()))) == 6
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
