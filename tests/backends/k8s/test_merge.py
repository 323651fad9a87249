"""Native settings are merged as Kubernetes itself merges them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kfbridge.backends.k8s.merge import merge, merge_into_job
from kfbridge.errors import BackendError
from tests.backends.k8s.conftest import Cluster, read_documents

POD: dict[str, Any] = {
    "containers": [
        {
            "name": "main",
            "image": "a:1",
            "args": ["x", "y"],
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}],
            "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/w", "subPath": "w"}],
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
        },
        {"name": "beside", "image": "b:1"},
    ],
    "volumes": [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"secretName": "s"}}],
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "nodeSelector": {"disk": "ssd", "os": "linux"},
    "imagePullSecrets": [{"name": "one"}],
    "restartPolicy": "Always",
}


def main_with(**fields: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", **fields}]}


PATCHES: dict[str, dict[str, Any]] = {
    "a field of a container": main_with(image="a:2"),
    "a new container goes first": {"containers": [{"name": "new", "image": "n:1"}]},
    "between what is there": {"containers": [{"name": "beside", "tty": True}, {"name": "new", "image": "n:1"}]},
    "new before old": {"containers": [{"name": "new", "image": "n:1"}, {"name": "main", "tty": True}]},
    "variables": main_with(env=[{"name": "C", "value": "9"}, {"name": "D", "value": "4"}, {"name": "A", "value": "0"}]),
    "a variable gone": main_with(env=[{"name": "A", "$patch": "delete"}]),
    "all variables anew": main_with(env=[{"name": "Z", "value": "z"}, {"$patch": "replace"}]),
    "mounts by path": main_with(volumeMounts=[{"name": "v", "mountPath": "/w", "readOnly": True}]),
    "ports by number": main_with(ports=[{"containerPort": 80, "name": "web"}, {"containerPort": 81}]),
    "arguments come whole": main_with(args=["z"]),
    "amounts": main_with(resources={"limits": {"memory": None, "cpu": "2"}}),
    "resources replaced": main_with(resources={"$patch": "replace", "limits": {"cpu": "3"}}),
    "tolerations come whole": {"tolerations": [{"key": "b", "operator": "Exists"}]},
    "a label gone": {"nodeSelector": {"disk": None, "zone": "a"}},
    "nulls": {"nodeSelector": None, "hostNetwork": True},
    "another kind of volume": {
        "volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}, "emptyDir": None}]
    },
    "a volume gone": {"volumes": [{"name": "s", "$patch": "delete"}]},
    "secrets to pull with": {"imagePullSecrets": [{"name": "two"}, {"name": "one"}]},
    "names of hosts": {"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}]},
}


def names(entries: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in entries]


def test_fields_of_the_container_of_that_name_are_merged() -> None:
    found = merge(POD, PATCHES["a field of a container"])
    assert found["containers"] == [{**POD["containers"][0], "image": "a:2"}, POD["containers"][1]]
    assert {key: found[key] for key in found if key != "containers"} == {
        key: POD[key] for key in POD if key != "containers"
    }


def test_new_entries_go_before_those_that_the_patch_does_not_mention() -> None:
    assert names(merge(POD, PATCHES["a new container goes first"])["containers"]) == ["new", "main", "beside"]
    assert names(merge(POD, PATCHES["between what is there"])["containers"]) == ["main", "beside", "new"]


def test_null_takes_away() -> None:
    found = merge(POD, PATCHES["a label gone"])
    assert found["nodeSelector"] == {"os": "linux", "zone": "a"}
    assert "nodeSelector" not in merge(POD, PATCHES["nulls"])


def test_lists_without_a_key_come_whole() -> None:
    assert merge(POD, PATCHES["arguments come whole"])["containers"][0]["args"] == ["z"]
    assert merge(POD, PATCHES["tolerations come whole"])["tolerations"] == [{"key": "b", "operator": "Exists"}]


def test_directives() -> None:
    assert names(merge(POD, PATCHES["a variable gone"])["containers"][0]["env"]) == ["B", "C"]
    assert merge(POD, PATCHES["all variables anew"])["containers"][0]["env"] == [{"name": "Z", "value": "z"}]
    assert merge(POD, PATCHES["resources replaced"])["containers"][0]["resources"] == {"limits": {"cpu": "3"}}
    assert merge(POD, PATCHES["another kind of volume"])["volumes"][0] == {"name": "v", "hostPath": {"path": "/x"}}
    assert merge({"finalizers": ["a", "b"]}, {"$deleteFromPrimitiveList/finalizers": ["a"]}) == {"finalizers": ["b"]}
    assert merge({"finalizers": ["a"]}, {"finalizers": ["b", "a"]}) == {"finalizers": ["b", "a"]}


def test_no_directive_and_no_null_stays_in_what_is_new() -> None:
    found = merge({}, {"a": {"$patch": "replace", "b": None, "c": 1}, "volumes": [{"name": "v", "emptyDir": None}]})
    assert found == {"a": {"c": 1}, "volumes": [{"name": "v"}]}


def test_the_original_is_left_alone() -> None:
    before = json.dumps(POD)
    for patch in PATCHES.values():
        merge(POD, patch)
    assert json.dumps(POD) == before


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"containers": []}, "a Job has no field 'containers'"),
        ({"metadata": {"name": "mine"}}, "the name of a Job is kfbridge's to give"),
        (
            {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}},
            "has no name, by which it would be merged",
        ),
        ({"spec": {"$setElementOrder/x": []}}, r"the directive spec\.\$setElementOrder/x is not known"),
        ({"spec": {"$patch": "append"}}, r"spec\.\$patch is 'append'"),
    ],
)
def test_what_cannot_be_merged_is_said(patch: dict[str, Any], reason: str) -> None:
    with pytest.raises(BackendError, match=reason):
        merge_into_job({"metadata": {}, "spec": {"template": {"spec": POD}}}, patch)


@pytest.fixture(scope="module")
def held(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """The pod held in PodTemplates, one for each patch: nothing runs them, and all of their fields can be changed."""
    kind = {"apiVersion": "v1", "kind": "PodTemplate", "template": {"spec": POD}}
    made = [cluster.here({**kind, "metadata": {"name": what.replace(" ", "-")}}) for what in PATCHES]
    answer = cluster.call(
        "create", "--filename=-", "--output=json", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
    )
    return dict(zip(PATCHES, read_documents(answer), strict=True))


@pytest.mark.cluster
def test_the_api_server_merges_alike(cluster: Cluster, held: dict[str, dict[str, Any]]) -> None:
    patches = {what: {"template": {"spec": patch}} for what, patch in PATCHES.items()}
    ours = cluster.judged([merge(held[what], patch) for what, patch in patches.items()], "replace")
    for (what, patch), mine in zip(patches.items(), ours, strict=True):
        call = (
            "patch",
            "podtemplate",
            held[what]["metadata"]["name"],
            "--type=strategic",
            f"--patch={json.dumps(patch)}",
        )
        theirs = json.loads(cluster.call(*call, "--dry-run=server", "--output=json"))
        assert mine["template"] == theirs["template"], what
