"""Who a step runs as, and what it may do."""

from __future__ import annotations

from typing import Any

from tests.backends.k8s.pods import main, pod, setting, unrestricted

CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
ROOT = "busybox:1.36"


def own(found: dict[str, Any]) -> Any:
    return main(found).get("securityContext")


def test_pods_are_restricted_and_keep_the_users_of_their_images() -> None:
    found = pod()
    assert own(found) == {**CONFINED, "runAsNonRoot": True}
    assert found["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_an_image_that_is_known_to_be_root_runs_as_a_number_with_a_home() -> None:
    found = pod(made=setting(roots=(ROOT,), run_as_user=4711))
    assert own(found) == {**CONFINED, "runAsNonRoot": True, "runAsUser": 4711}
    assert {"name": "HOME", "value": "/kfbridge/home"} in main(found)["env"]
    assert {"name": "kfbridge-home", "mountPath": "/kfbridge/home"} in main(found)["volumeMounts"]


def test_a_home_of_the_steps_own_stays() -> None:
    found = main(pod(made=setting(roots=(ROOT,)), env=(("HOME", "/opt"),)))
    assert [one["value"] for one in found["env"] if one["name"] == "HOME"] == ["/opt"]


def test_what_the_task_says_goes_before() -> None:
    settings = {"securityContext": {"runAsUser": "65534", "runAsGroup": "0"}}
    expected = {**CONFINED, "runAsNonRoot": True, "runAsUser": 65534, "runAsGroup": 0}
    assert own(pod(settings)) == own(pod(settings, setting(roots=(ROOT,)))) == expected
    assert own(pod({"securityContext": {"runAsUser": "0"}})) == {**CONFINED, "runAsUser": 0}
    assert own(pod({"securityContext": {"runAsNonRoot": False}})) == {**CONFINED, "runAsNonRoot": False}


def test_baseline_leaves_the_image_alone() -> None:
    found = pod(made=setting(pod_security="baseline", roots=(ROOT,)))
    assert own(found) is None
    assert found["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_volumes_are_given_to_a_group_unless_the_target_says_no() -> None:
    assert pod()["securityContext"]["fsGroup"] == 65532
    assert "fsGroup" not in pod(made=setting(fs_group=0))["securityContext"]


def test_init_containers_are_restricted_alike() -> None:
    settings = {"initContainers": [{"name": "a", "image": ROOT}, {"name": "b", "image": "other:1"}]}
    first, second = pod(settings, setting(roots=(ROOT,)))["initContainers"]
    assert first["securityContext"]["runAsUser"] == 65532
    assert second["securityContext"] == {**CONFINED, "runAsNonRoot": True}


def test_restricted_is_what_is_kept_until_somebody_says_otherwise() -> None:
    assert unrestricted(pod()) == []
    assert unrestricted(pod(made=setting(roots=(ROOT,)))) == []
    assert unrestricted(pod({"securityContext": {"runAsUser": "0"}})) == ["main: runAsNonRoot"]
    assert "main: capabilities" in unrestricted(pod(made=setting(pod_security="baseline")))
