"""Every setting of kfp-kubernetes stands in the pod where KFP's own backend puts it."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge.backends.k8s.settings import SETTINGS
from kfbridge.errors import BackendError
from kfbridge.plan.settings import KUBERNETES
from kfbridge.spec.model.kubernetes import KubernetesExecutorConfig
from tests.backends.k8s.pods import invocation, job, main, pod


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def env(settings: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("valueFrom", one.get("value")) for one in main(pod(settings))["env"]}


def own_mounts(found: dict[str, Any]) -> dict[str, str]:
    mounts = {one["mountPath"]: one["name"] for one in main(found)["volumeMounts"]}
    assert mounts.pop("/kfbridge/root") == "kfbridge-root"
    return mounts


def volume(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next({**one} for one in found["volumes"] if one["name"] == name)


def test_the_table_holds_every_setting() -> None:
    fields = {field.alias or name for name, field in KubernetesExecutorConfig.model_fields.items()}
    assert set(SETTINGS) == fields == set(KUBERNETES)


def test_an_unknown_setting_is_refused_and_not_dropped() -> None:
    with pytest.raises(BackendError, match="its Kubernetes setting hostNetwork is not known"):
        pod({"hostNetwork": True})


def test_keys_of_secrets_become_variables() -> None:
    found = env(
        {
            "secretAsEnv": [
                {
                    "secretNameParameter": constant("db"),
                    "secretName": "older",
                    "keyToEnv": [{"secretKey": "password", "envVar": "PASSWORD"}],
                    "optional": False,
                }
            ]
        }
    )
    assert found["PASSWORD"] == {"secretKeyRef": {"name": "db", "key": "password", "optional": False}}


def test_the_deprecated_form_of_a_name_counts_where_it_stands_alone() -> None:
    found = env({"configMapAsEnv": [{"configMapName": "cm", "keyToEnv": [{"configMapKey": "k", "envVar": "K"}]}]})
    assert found["K"] == {"configMapKeyRef": {"name": "cm", "key": "k"}}


def test_an_optional_name_that_was_not_given_leaves_the_setting_out() -> None:
    found = pod(
        {
            "secretAsEnv": [{"keyToEnv": [{"secretKey": "a", "envVar": "A"}]}],
            "secretAsVolume": [{"mountPath": "/a"}],
            "configMapAsVolume": [{"mountPath": "/b"}],
            "pvcMount": [{"mountPath": "/c"}],
            "imagePullSecret": [{}],
            "tolerations": [{}],
            "nodeAffinity": [{}],
            "nodeSelector": {},
        }
    )
    assert own_mounts(found) == {}
    assert not {"imagePullSecrets", "tolerations", "affinity", "nodeSelector"} & set(found)


def test_fields_of_the_pod_become_variables() -> None:
    found = env({"fieldPathAsEnv": [{"name": "NODE", "fieldPath": "spec.nodeName"}]})
    assert found["NODE"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}


def test_a_secret_and_a_config_map_of_one_name_are_two_volumes() -> None:
    found = pod(
        {
            "secretAsVolume": [{"secretName": "app", "mountPath": "/s", "optional": True}],
            "configMapAsVolume": [{"configMapName": "app", "mountPath": "/c"}],
        }
    )
    mounts = own_mounts(found)
    assert volume(found, mounts["/s"])["secret"] == {"secretName": "app", "optional": True}
    assert volume(found, mounts["/c"])["configMap"] == {"name": "app", "optional": False}


def test_one_claim_at_two_places_is_one_volume() -> None:
    mounts = [
        {"pvcNameParameter": constant("data"), "constant": "data", "mountPath": "/a"},
        {"pvcNameParameter": constant("data"), "mountPath": "/b", "subPath": "part"},
    ]
    found = pod({"pvcMount": mounts})
    assert own_mounts(found) == {"/a": "data", "/b": "data"}
    assert volume(found, "data")["persistentVolumeClaim"] == {"claimName": "data"}
    assert {"name": "data", "mountPath": "/b", "subPath": "part"} in main(found)["volumeMounts"]


def test_the_oldest_form_of_a_claim_from_a_task() -> None:
    found = pod({"pvcMount": [{"mountPath": "/a", **constant("made")}]})
    assert volume(found, "made")["persistentVolumeClaim"] == {"claimName": "made"}


def test_a_secret_whose_name_no_volume_can_have() -> None:
    found = pod({"secretAsVolume": [{"secretName": "tls.example.com", "mountPath": "/tls"}]})
    name = own_mounts(found)["/tls"]
    assert "." not in name
    assert volume(found, name)["secret"]["secretName"] == "tls.example.com"


def test_two_things_at_one_place_are_refused() -> None:
    with pytest.raises(BackendError, match="mount two things at '/data'"):
        pod(
            {
                "secretAsVolume": [{"secretName": "a", "mountPath": "/data"}],
                "configMapAsVolume": [{"configMapName": "b", "mountPath": "/data"}],
            }
        )


def test_volumes_as_old_as_the_pod() -> None:
    found = pod(
        {
            "genericEphemeralVolume": [
                {
                    "volumeName": "scratch",
                    "mountPath": "/scratch",
                    "accessModes": ["ReadWriteOnce"],
                    "size": "5Gi",
                    "defaultStorageClass": True,
                    "metadata": {"annotations": {"a": "b"}},
                }
            ],
            "emptyDirMounts": [{"volumeName": "tmp", "mountPath": "/tmp", "medium": "Memory", "sizeLimit": "1Gi"}],
            "enabledSharedMemory": {"size": "2Gi"},
        }
    )
    assert own_mounts(found) == {"/scratch": "scratch", "/tmp": "tmp", "/dev/shm": "shm"}
    assert volume(found, "scratch")["ephemeral"]["volumeClaimTemplate"] == {
        "metadata": {"annotations": {"a": "b"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}},
    }
    assert volume(found, "tmp")["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}
    assert volume(found, "shm")["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}


def test_a_class_of_storage_that_is_empty_is_not_the_default() -> None:
    found = pod({"genericEphemeralVolume": [{"volumeName": "v", "mountPath": "/v", "size": "1Gi"}]})
    assert volume(found, "v")["ephemeral"]["volumeClaimTemplate"]["spec"]["storageClassName"] == ""


def test_init_containers_run_before_the_step_and_see_its_volumes() -> None:
    found = pod(
        {
            "emptyDirMounts": [{"volumeName": "Shared_Data", "mountPath": "/data"}],
            "initContainers": [
                {
                    "name": "prepare",
                    "image": "busybox:1.36",
                    "command": ["sh", "-c"],
                    "args": ["echo ready > /data/marker"],
                    "env": [{"name": "A", "value": "b"}, {"name": "EMPTY"}],
                    "volumeMounts": [{"volumeName": "Shared_Data", "mountPath": "/data"}],
                    "resources": {"limits": {"cpu": "1"}},
                }
            ],
        }
    )
    (before,) = found["initContainers"]
    assert before["env"] == [{"name": "A", "value": "b"}, {"name": "EMPTY", "value": ""}]
    assert before["volumeMounts"] == [{"name": own_mounts(found)["/data"], "mountPath": "/data"}]
    assert before["resources"] == {"limits": {"cpu": "1"}}


def test_an_init_container_cannot_mount_what_the_task_does_not_have() -> None:
    mounts = [{"volumeName": "none", "mountPath": "/data"}]
    with pytest.raises(BackendError, match="its init container a mounts the volume 'none', which the task does not"):
        pod({"initContainers": [{"name": "a", "image": "b", "volumeMounts": mounts}]})


def test_selectors_and_tolerations() -> None:
    found = pod(
        {
            "nodeSelector": {"labels": {"a": "no"}, "nodeSelectorJson": constant('{"disk": "ssd"}')},
            "tolerations": [
                {"key": "gpu", "operator": "Exists"},
                {"key": "x", "value": "y", "effect": "NoExecute", "tolerationSeconds": "30"},
                {"tolerationJson": constant([{"key": "j", "operator": "Exists", "tolerationSeconds": 5.0}])},
                {"tolerationJson": constant({"key": "gpu", "operator": "Exists"})},
            ],
        }
    )
    assert found["nodeSelector"] == {"disk": "ssd"}
    assert found["tolerations"] == [
        {"key": "gpu", "operator": "Exists"},
        {"key": "x", "value": "y", "effect": "NoExecute", "tolerationSeconds": 30},
        {"key": "j", "operator": "Exists", "tolerationSeconds": 5},
    ]


def test_json_that_is_none_is_refused() -> None:
    with pytest.raises(BackendError, match="its Kubernetes setting nodeSelectorJson cannot be used: it is no JSON"):
        pod({"nodeSelector": {"nodeSelectorJson": constant("{oops")}})
    with pytest.raises(BackendError, match=r"nodeSelectorJson cannot be used: it is \[1\]"):
        pod({"nodeSelector": {"nodeSelectorJson": constant([1])}})


def test_affinity_to_nodes_required_and_preferred() -> None:
    zone = {"key": "zone", "operator": "In", "values": ["a"]}
    json = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 5.0, "preference": {"matchFields": []}}]}
    found = pod(
        {
            "nodeAffinity": [
                {"matchExpressions": [zone]},
                {"matchFields": [zone], "weight": 3},
                {"nodeAffinityJson": constant(json)},
            ]
        }
    )["affinity"]["nodeAffinity"]
    terms = found["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchExpressions": [zone]}]
    weights = [one["weight"] for one in found["preferredDuringSchedulingIgnoredDuringExecution"]]
    assert weights == [3, 5]
    assert all(isinstance(weight, int) for weight in weights)


def test_affinity_to_pods() -> None:
    found = pod(
        {
            "podAffinity": [
                {"matchPodLabels": {"a": "b"}, "topologyKey": "zone", "namespaces": ["x"]},
                {"matchPodLabels": {"a": "b"}, "topologyKey": "host", "weight": 7, "anti": True},
            ]
        }
    )["affinity"]
    near = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}, "namespaces": ["x"]}
    away = {"topologyKey": "host", "labelSelector": {"matchLabels": {"a": "b"}}}
    assert found["podAffinity"] == {"requiredDuringSchedulingIgnoredDuringExecution": [near]}
    assert found["podAntiAffinity"] == {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 7, "podAffinityTerm": away}]
    }


def test_images_metadata_and_the_time_limit() -> None:
    settings = {
        "imagePullPolicy": "Never",
        "imagePullSecret": [{"secretNameParameter": constant("registry")}],
        "podMetadata": {"labels": {"team": "x", "kfbridge.dev/run": "forged"}, "annotations": {"a": "b"}},
        "activeDeadlineSeconds": "90",
    }
    template = job(invocation(settings))["spec"]["template"]
    assert main(template["spec"])["imagePullPolicy"] == "Never"
    assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert template["spec"]["activeDeadlineSeconds"] == 90
    assert template["metadata"]["labels"]["team"] == "x"
    assert template["metadata"]["labels"]["kfbridge.dev/run"] == "run-1"  # by which the driver finds its pods
    assert template["metadata"]["annotations"]["a"] == "b"


def test_a_pull_policy_that_is_none_is_refused() -> None:
    with pytest.raises(BackendError, match="its Kubernetes setting imagePullPolicy is 'Sometimes'"):
        pod({"imagePullPolicy": "Sometimes"})


def test_claims_for_devices() -> None:
    json = {"name": "gpu", "resourceClaimName": "mine"}
    found = pod({"podResourceClaims": [{"resourceClaimTemplateName": "t"}, {"resourceClaimJson": constant(json)}]})
    assert found["resourceClaims"] == [{"name": "claim-1", "resourceClaimTemplateName": "t"}, json]
    assert main(found)["resources"]["claims"] == [{"name": "claim-1"}, {"name": "gpu"}]
