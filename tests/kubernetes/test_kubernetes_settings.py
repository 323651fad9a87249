"""What each function writes: one call, and the settings of the executor in the second document.

kfp-kubernetes 2.17.0 writes the same for every call here but those of ``add_init_container``, which it does not have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfbridge import kubernetes
from kfbridge.dsl.yaml_component import YamlComponent
from tests.kubernetes.steps import documents, executors, settings, step

ZONES = {"key": "zone", "operator": "In", "values": ["a", "b"]}
REQUIRED = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [ZONES]}]}}
SECRET = {"secretName": "db", "secretNameParameter": {"runtimeValue": {"constant": "db"}}}
CONFIG_MAP = {"configMapName": "app", "configMapNameParameter": {"runtimeValue": {"constant": "app"}}}
CLAIM = {"constant": "disk", "pvcNameParameter": {"runtimeValue": {"constant": "disk"}}}

CALLS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "use_secret_as_env",
        {"secret_name": "db", "secret_key_to_env": {"password": "DB_PASSWORD", "user": "DB_USER"}},
        {
            "secretAsEnv": [
                {
                    **SECRET,
                    "keyToEnv": [
                        {"secretKey": "password", "envVar": "DB_PASSWORD"},
                        {"secretKey": "user", "envVar": "DB_USER"},
                    ],
                    "optional": False,
                }
            ]
        },
    ),
    (
        "use_secret_as_volume",
        {"secret_name": "db", "mount_path": "/keys", "optional": True},
        {"secretAsVolume": [{**SECRET, "mountPath": "/keys", "optional": True}]},
    ),
    (
        "use_config_map_as_env",
        {"config_map_name": "app", "config_map_key_to_env": {"region": "REGION"}},
        {
            "configMapAsEnv": [
                {**CONFIG_MAP, "keyToEnv": [{"configMapKey": "region", "envVar": "REGION"}], "optional": False}
            ]
        },
    ),
    (
        "use_config_map_as_volume",
        {"config_map_name": "app", "mount_path": "/config"},
        {"configMapAsVolume": [{**CONFIG_MAP, "mountPath": "/config", "optional": False}]},
    ),
    ("mount_pvc", {"pvc_name": "disk", "mount_path": "/d"}, {"pvcMount": [{**CLAIM, "mountPath": "/d"}]}),
    (
        "mount_pvc",
        {"pvc_name": "disk", "mount_path": "/d", "sub_path": "train"},
        {"pvcMount": [{**CLAIM, "mountPath": "/d", "subPath": "train"}]},
    ),
    (
        "add_ephemeral_volume",
        {"volume_name": "scratch", "mount_path": "/s", "access_modes": ["ReadWriteOnce"], "size": "5Gi"},
        {
            "genericEphemeralVolume": [
                {
                    "volumeName": "scratch",
                    "mountPath": "/s",
                    "accessModes": ["ReadWriteOnce"],
                    "size": "5Gi",
                    "defaultStorageClass": True,
                }
            ]
        },
    ),
    (
        "add_ephemeral_volume",
        {
            "volume_name": "scratch",
            "mount_path": "/s",
            "access_modes": ["ReadWriteOnce", "ReadOnlyMany"],
            "size": "1.5Ti",
            "storage_class_name": "fast",
            "labels": {"team": "a"},
            "annotations": {"note": ""},
        },
        {
            "genericEphemeralVolume": [
                {
                    "volumeName": "scratch",
                    "mountPath": "/s",
                    "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
                    "size": "1.5Ti",
                    "storageClassName": "fast",
                    "metadata": {"labels": {"team": "a"}, "annotations": {"note": ""}},
                }
            ]
        },
    ),
    (
        "empty_dir_mount",
        {"volume_name": "cache", "mount_path": "/c"},
        {"emptyDirMounts": [{"volumeName": "cache", "mountPath": "/c"}]},
    ),
    (
        "empty_dir_mount",
        {"volume_name": "cache", "mount_path": "/c", "medium": "Memory", "size_limit": "1Gi"},
        {"emptyDirMounts": [{"volumeName": "cache", "mountPath": "/c", "medium": "Memory", "sizeLimit": "1Gi"}]},
    ),
    ("add_node_selector", {"label_key": "disk", "label_value": "ssd"}, {"nodeSelector": {"labels": {"disk": "ssd"}}}),
    (
        "add_node_selector_json",
        {"node_selector_json": {"disk": "ssd"}},
        {"nodeSelector": {"nodeSelectorJson": {"runtimeValue": {"constant": {"disk": "ssd"}}}}},
    ),
    ("add_node_affinity", {"match_expressions": [ZONES]}, {"nodeAffinity": [{"matchExpressions": [ZONES]}]}),
    (
        "add_node_affinity",
        {"match_fields": [{"key": "metadata.name", "operator": "Exists"}], "weight": 100},
        {"nodeAffinity": [{"matchFields": [{"key": "metadata.name", "operator": "Exists"}], "weight": 100}]},
    ),
    (
        "add_node_affinity_json",
        {"node_affinity_json": REQUIRED},
        {"nodeAffinity": [{"nodeAffinityJson": {"runtimeValue": {"constant": REQUIRED}}}]},
    ),
    (
        "add_toleration",
        {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoExecute", "toleration_seconds": 0},
        {
            "tolerations": [
                {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoExecute", "tolerationSeconds": "0"}
            ]
        },
    ),
    ("add_toleration", {"operator": "Exists"}, {"tolerations": [{"operator": "Exists"}]}),
    (
        "add_toleration_json",
        {"toleration_json": {"key": "gpu", "operator": "Exists", "toleration_seconds": 5}},
        {"tolerations": [{"key": "gpu", "operator": "Exists", "tolerationSeconds": "5"}]},
    ),
    (
        "add_toleration_json",
        {"toleration_json": [{"key": "gpu"}, {"key": "spot"}]},
        {"tolerations": [{"key": "gpu"}, {"key": "spot"}]},
    ),
    ("add_pod_label", {"label_key": "team", "label_value": "a"}, {"podMetadata": {"labels": {"team": "a"}}}),
    (
        "add_pod_annotation",
        {"annotation_key": "note", "annotation_value": ""},
        {"podMetadata": {"annotations": {"note": ""}}},
    ),
    ("set_image_pull_policy", {"policy": "Always"}, {"imagePullPolicy": "Always"}),
    ("set_image_pull_secrets", {"secret_names": ["db"]}, {"imagePullSecret": [SECRET]}),
    (
        "use_field_path_as_env",
        {"env_name": "POD", "field_path": "metadata.name"},
        {"fieldPathAsEnv": [{"name": "POD", "fieldPath": "metadata.name"}]},
    ),
    ("set_security_context", {"run_as_user": 65534, "run_as_group": 0, "run_as_non_root": True},
     {"securityContext": {"runAsUser": "65534", "runAsGroup": "0", "runAsNonRoot": True}}),
    ("set_timeout", {"seconds": 20}, {"activeDeadlineSeconds": "20"}),
    (
        "add_init_container",
        {"name": "prepare", "image": "busybox"},
        {"initContainers": [{"name": "prepare", "image": "busybox"}]},
    ),
    (
        "add_init_container",
        {
            "name": "proxy",
            "image": "proxy:1",
            "command": ["sh", "-c"],
            "args": ["serve"],
            "env": {"PORT": "80", "EMPTY": ""},
            "volume_mounts": {"cache": "/c"},
            "restart_policy": "Always",
            "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
        },
        {
            "initContainers": [
                {
                    "name": "proxy",
                    "image": "proxy:1",
                    "command": ["sh", "-c"],
                    "args": ["serve"],
                    "env": [{"name": "PORT", "value": "80"}, {"name": "EMPTY", "value": ""}],
                    "volumeMounts": [{"volumeName": "cache", "mountPath": "/c"}],
                    "restartPolicy": "Always",
                    "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
                }
            ]
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments", "expected"), CALLS, ids=[call[0] for call in CALLS])
def test_a_call_and_what_it_writes(function: str, arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    assert settings(lambda task: getattr(kubernetes, function)(task, **arguments)) == expected


def test_every_function_is_tried_here() -> None:
    components = {"CreatePVC", "DeletePVC"}
    assert {call[0] for call in CALLS} == set(kubernetes.__all__) - components


def test_every_function_gives_its_task_back() -> None:
    given = []
    unlike = {call[0]: call for call in CALLS}.values()

    def body(task):
        given.extend(getattr(kubernetes, function)(task, **arguments) is task for function, arguments, _ in unlike)

    settings(body)
    assert given == [True] * len(unlike)


def test_lists_grow_and_single_values_are_replaced() -> None:
    def body(task):
        for key in ("a", "b"):
            kubernetes.add_toleration(task, key=key)
            kubernetes.add_pod_label(task, key, "1")
            kubernetes.add_node_selector(task, key, "1")
            kubernetes.set_image_pull_secrets(task, [key])
        kubernetes.add_pod_label(task, "a", "2")
        kubernetes.set_image_pull_policy(task, "Always")
        kubernetes.set_image_pull_policy(task, "Never")
        kubernetes.set_security_context(task, run_as_user=1)
        kubernetes.set_security_context(task, run_as_group=2)

    found = settings(body)
    assert found["tolerations"] == [{"key": "a"}, {"key": "b"}]
    assert found["podMetadata"] == {"labels": {"a": "2", "b": "1"}}
    assert found["nodeSelector"] == {"labels": {"a": "1", "b": "1"}}
    assert [secret["secretName"] for secret in found["imagePullSecret"]] == ["a", "b"]
    assert found["imagePullPolicy"] == "Never"
    assert found["securityContext"] == {"runAsUser": "1", "runAsGroup": "2"}


def test_a_json_form_replaces_the_one_before_and_leaves_the_rest() -> None:
    def body(task):
        kubernetes.add_node_affinity(task, [ZONES])
        kubernetes.add_node_affinity_json(task, {"preferredDuringSchedulingIgnoredDuringExecution": []})
        kubernetes.add_node_affinity_json(task, REQUIRED)

    assert settings(body)["nodeAffinity"] == [
        {"matchExpressions": [ZONES]},
        {"nodeAffinityJson": {"runtimeValue": {"constant": REQUIRED}}},
    ]


def test_a_timeout_of_zero_takes_the_timeout_back() -> None:
    assert settings(lambda task: kubernetes.set_timeout(kubernetes.set_timeout(task, 20), 0)) == {}


def test_a_call_that_sets_nothing_leaves_an_empty_entry_as_kfp_does() -> None:
    def pipeline() -> None:
        kubernetes.set_image_pull_secrets(step(), [])

    empty = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-step": {}}}}}}
    assert documents(pipeline)[1] == empty


def test_a_toleration_in_json_form_may_be_spelled_as_kubernetes_does() -> None:
    found = settings(lambda task: kubernetes.add_toleration_json(task, {"key": "a", "tolerationSeconds": 5}))
    assert found == {"tolerations": [{"key": "a", "tolerationSeconds": "5"}]}


def test_each_task_has_its_own_settings() -> None:
    def function():
        for number in ("1", "2"):
            kubernetes.add_pod_label(step(), "number", number)

    assert executors(function) == {
        "exec-step": {"podMetadata": {"labels": {"number": "1"}}},
        "exec-step-2": {"podMetadata": {"labels": {"number": "2"}}},
    }


def test_what_a_component_brings_along_is_added_to_and_stays_as_it_is() -> None:
    brought = {"kubernetes": {"podMetadata": {"labels": {"a": "1"}}, "tolerations": [{"key": "a"}]}}
    loaded = YamlComponent(replace(step.component_spec, platforms=brought), "")

    def function():
        kubernetes.add_toleration(kubernetes.add_pod_label(loaded(), "b", "2"), key="b")
        loaded()

    assert executors(function) == {
        "exec-step": {"podMetadata": {"labels": {"a": "1", "b": "2"}}, "tolerations": [{"key": "a"}, {"key": "b"}]},
        "exec-step-2": {"podMetadata": {"labels": {"a": "1"}}, "tolerations": [{"key": "a"}]},
    }
