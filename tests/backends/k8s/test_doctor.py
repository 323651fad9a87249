"""``kfbridge doctor`` on Kubernetes, on an API server that knows nothing else, and on a real one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api
from kfbridge.backends.base import Checkup
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.doctor import checkups
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.errors import BackendError, StorageError
from tests.backends.k8s.api_server import ApiServer
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.room import Room

KINDS = ("v1/persistentvolumeclaims", "v1/serviceaccounts")
ROOT = Checkup("remote artifact root", True, "it is well")


class Server(ApiServer):
    """One on which all is well, but for what a test takes away.

    Args:
        denied: Rights that are missing: resource and verb.
        answers: What becomes of the namespace and of reviews, by the last word of their addresses.
        refusing: See `ApiServer`.
    """

    def __init__(
        self,
        denied: frozenset[tuple[str, str]] = frozenset(),
        answers: Mapping[str, BackendError] | None = None,
        refusing: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        super().__init__((1, 30), KINDS, refusing)
        self.denied = denied
        self.answers = answers or {}
        self.reviewed: set[tuple[str, str]] = set()
        claim = {
            "metadata": {"name": "claim"},
            "spec": {"accessModes": ["ReadWriteMany"]},
            "status": {"phase": "Bound"},
        }
        self.objects["persistentvolumeclaims", "claim"] = claim
        self.objects["serviceaccounts", "kfbridge-driver"] = {"metadata": {"name": "kfbridge-driver"}}

    @property
    def configuration(self) -> Any:
        return type("Configuration", (), {"host": "https://cluster"})

    def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        if error := self.answers.get(path.rpartition("/")[2]):
            raise error
        if (method, path) == ("GET", "/api/v1/namespaces/ml"):
            return {}
        if (method, path) == ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"):
            assert body is not None
            asked = body["spec"]["resourceAttributes"]
            assert asked["namespace"] == "ml"
            right = "/".join(filter(None, (asked["resource"], asked.get("subresource")))), asked["verb"]
            self.reviewed.add(right)
            return {"status": {"allowed": right not in self.denied}}
        return super().request(method, path, query, body)


def config(**settings: Any) -> Config:
    return Config(**{"artifact_root": "pvc://claim/runs", "namespace": "ml", "runtime_image": "kfbridge:1", **settings})


def found(server: Server, root: Checkup = ROOT, **settings: Any) -> dict[str, Checkup]:
    return {one.subject: one for one in checkups(server, config(**settings), lambda: iter([root]))}


def test_a_cluster_on_which_all_is_well() -> None:
    server = Server()
    seen = found(server)
    assert all(one.ok for one in seen.values())
    assert seen["kubeconfig"].said == "leads to https://cluster, namespace ml"
    assert seen["cluster"].said == "Kubernetes 1.30 answers"
    assert seen["image of kfbridge"].said == "kfbridge:1 runs there: the root was reached by it"
    assert ("pods/exec", "create") in server.reviewed and ("cronjobs", "update") in server.reviewed
    assert server.patience == 10.0


def test_each_missing_right_is_named_with_what_it_is_for() -> None:
    seen = found(Server(frozenset({("jobs", "deletecollection"), ("cronjobs", "create"), ("cronjobs", "get")})))
    wrong = {name: (one.said, one.remedy) for name, one in seen.items() if one.ok is False}
    remedy = "Who manages the namespace gives it: kfbridge k8s install --user NAME"
    assert wrong == {
        "right to jobs.batch": ("deletecollection is missing, for runs, steps, doors", remedy),
        "right to cronjobs.batch": ("create, get is missing, for schedules", remedy),
    }


def test_a_bucket_needs_neither_door_nor_claim() -> None:
    server = Server()
    seen = found(server, artifact_root="s3://bucket/runs")
    assert not {"right to pods/exec", "claim claim"} & seen.keys()
    assert (seen["image of kfbridge"].ok, server.asked) == (None, {("GET", "serviceaccounts")})
    assert seen["image of kfbridge"].said == "Whether kfbridge:1 can be pulled, a run will show."


def test_who_drives_from_here_needs_no_account() -> None:
    assert "account of the driver" not in found(Server(refusing={("GET", "serviceaccounts"): 404}), driver="client")


def test_what_may_not_be_looked_at_is_said() -> None:
    forbidden = {("GET", "serviceaccounts"): 403, ("GET", "persistentvolumeclaims"): 403}
    answers = {"ml": Refusal("no", 403, "Forbidden", transient=False)}
    seen = found(Server(answers=answers, refusing=forbidden))
    unknown = {name: one.said for name, one in seen.items() if one.ok is None}
    assert unknown == {
        "namespace": "ml may not be looked at with your rights.",
        "account of the driver": "kfbridge-driver may not be looked at with your rights.",
        "claim claim": "It may not be looked at with your rights.",
    }


def test_what_is_not_there_is_made_by_install() -> None:
    server = Server(answers={"ml": Refusal("gone", 404, "NotFound", transient=False)})
    server.objects.clear()
    wrong = {name: (one.said, one.remedy) for name, one in found(server).items() if one.ok is False}
    assert wrong == {
        "namespace": ("There is no namespace ml.", "Make it with: kfbridge k8s install"),
        "account of the driver": ("There is no account kfbridge-driver in ml.", "Make it with: kfbridge k8s install"),
        "claim claim": ("There is no such claim in ml.", "Make it with: kfbridge k8s install"),
    }


@pytest.mark.parametrize(
    ("claim", "ok", "said"),
    [
        ({"status": {"phase": "Pending"}}, None, "It is not bound yet"),
        ({"status": {"phase": "Lost"}}, False, "Its volume is gone: it is Lost."),
        (
            {"status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"]}},
            False,
            "It is ReadWriteOnce, and the target says ReadWriteMany.",
        ),
        ({"status": {"phase": "Bound", "accessModes": ["ReadWriteMany"]}}, True, "It is bound, ReadWriteMany"),
    ],
)
def test_how_a_claim_stands(claim: dict[str, Any], ok: bool | None, said: str) -> None:
    server = Server()
    server.objects["persistentvolumeclaims", "claim"] |= claim
    seen = found(server)["claim claim"]
    assert (seen.ok, seen.said[: len(said)]) == (ok, said)


def test_a_claim_of_many_is_good_enough_for_one() -> None:
    assert found(Server(), access_mode="ReadWriteOnce")["claim claim"].ok


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Refusal("credentials", 401, "Unauthorized", transient=False),
            "The server does not know who asks: credentials",
        ),
        (
            Refusal('User "system:anonymous" cannot create', 403, "Forbidden", transient=False),
            'The server does not know who asks: User "system:anonymous" cannot create',
        ),
        (BackendError("The API server cannot be reached", transient=True), "The API server cannot be reached"),
    ],
)
def test_a_server_that_does_not_answer_is_not_asked_again(error: BackendError, said: str) -> None:
    server = Server(answers={"selfsubjectaccessreviews": error})
    seen = list(checkups(server, config(), lambda: iter([ROOT])))
    assert [(one.subject, one.ok, one.said) for one in seen[2:]] == [
        ("cluster", False, said),
        ("what is in it", None, "It was not looked at: the cluster does not answer as it should."),
    ]
    assert server.asked == set()


def test_without_an_image_the_claim_is_out_of_reach() -> None:
    seen = found(Server(), runtime_image=None)
    assert (seen["image of kfbridge"].ok, seen["remote artifact root"].ok) == (False, None)
    assert seen["remote artifact root"].said == "It is reached by a pod of that image."


def test_a_root_that_cannot_be_reached_leaves_the_image_unknown() -> None:
    assert found(Server(), Checkup("remote artifact root", False, "no"))["image of kfbridge"].ok is None

    def missing() -> Iterator[Checkup]:
        yield ROOT
        raise StorageError("The library boto3 is not installed.", remedy="Install it.")

    seen = {one.subject: one for one in checkups(Server(), config(), missing)}
    assert seen["remote artifact root"] == Checkup(
        "remote artifact root", False, "The library boto3 is not installed.", "Install it."
    )


def test_a_server_that_is_not_there_is_told_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    made = {"clusters": [cluster], "contexts": [context], "users": [{"name": "u", "user": {}}], "current-context": "c"}
    (tmp_path / "config").write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **made}))
    monkeypatch.setattr("kfbridge.backends.k8s.doctor.PATIENCE", 1.0)
    (tmp_path / "kfbridge.toml").write_text(
        f'[targets.kind]\nbackend = "k8s"\nartifact_root = "pvc://c/r"\nkubeconfig = "{tmp_path / "config"}"\n'
    )
    begin = time.monotonic()
    seen = list(api.doctor(target="kind", config=tmp_path / "kfbridge.toml"))
    assert time.monotonic() - begin < 10
    assert [(one.subject, one.ok) for one in seen[1:]] == [
        ("kubeconfig", True), ("cluster", False), ("what is in it", None),
    ]  # fmt: skip
    assert "The API server cannot be reached for /version" in seen[2].said


@pytest.mark.cluster
@pytest.mark.slow
def test_a_real_cluster(cluster: Cluster, room: Room, tmp_path: Path) -> None:
    target = room.target(tmp_path, driver="cluster", access_mode="ReadWriteOnce")
    seen = {one.subject: one for one in api.doctor(target=target)}
    assert {name: (one.ok, one.said) for name, one in seen.items() if not one.ok} == {}
    assert "can be listed, read, written and deleted from" in seen["remote artifact root"].said
    wrong = room.target(tmp_path, runtime_image="kfbridge-test/nowhere:1", image_pull_policy="Never", driver="cluster")
    seen = {one.subject: one for one in api.doctor(target=wrong)}
    assert [name for name, one in seen.items() if one.ok is False] == [
        "claim kfbridge-artifacts",
        "remote artifact root",
    ]
    assert "ErrImageNeverPull" in seen["remote artifact root"].said
    assert seen["image of kfbridge"].ok is None
