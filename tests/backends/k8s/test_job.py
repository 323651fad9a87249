"""One attempt is one Job with one pod; the image is run as it is."""

from __future__ import annotations

import pytest

from kfbridge.backends.k8s.expansion import protect
from kfbridge.backends.k8s.pod import seconds
from kfbridge.backends.k8s.versions import requirements
from kfbridge.errors import BackendError
from tests.backends.k8s.pods import invocation, job, main, pod, resources, setting


def test_the_job_is_tried_once_and_goes_by_itself() -> None:
    found = job(invocation(attempt=2), setting(keep_seconds=60))
    assert found["metadata"]["name"].startswith("run-1-train-2-")
    assert found["metadata"]["namespace"] == "ml"
    spec = {key: found["spec"][key] for key in found["spec"] if key != "template"}
    assert spec == {"backoffLimit": 0, "completions": 1, "parallelism": 1, "ttlSecondsAfterFinished": 60}
    assert found["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_the_image_keeps_its_entry_point_and_its_folder() -> None:
    found = main(pod())
    assert found["image"] == "busybox:1.36"
    assert not {"command", "args", "workingDir"} & set(found)
    assert main(pod(command=("sh", "-c"), args=("true",)))["command"] == ["sh", "-c"]


def test_images_are_those_that_the_target_can_pull() -> None:
    found = pod(made=setting(images={"busybox:*": "registry.example.com/busybox:*"}))
    assert main(found)["image"] == "registry.example.com/busybox:1.36"


def test_the_environment_is_that_of_kfp_and_the_steps_own() -> None:
    found = main(pod(env=(("A", "b"),)))["env"]
    assert found == [
        {"name": "KFP_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "KFP_POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        {"name": "A", "value": "b"},
    ]
    assert pod()["enableServiceLinks"] is False


def test_a_steps_pod_has_a_token_only_where_the_target_names_an_account() -> None:
    assert pod()["automountServiceAccountToken"] is False
    found = pod(made=setting(service_account="reader"))
    assert (found["serviceAccountName"], found["automountServiceAccountToken"]) == ("reader", True)


@pytest.mark.parametrize(
    ("text", "protected"),
    [
        ("a $ alone, and $HOME", "a $ alone, and $HOME"),
        ("echo $$", "echo $$$$"),
        ("$(mktemp -d)", "$$(mktemp -d)"),
        ("$(TOKEN) and $(OTHER)", "$(TOKEN) and $$(OTHER)"),
        ("$$(TOKEN)", "$$$$(TOKEN)"),
    ],
)
def test_texts_reach_the_container_as_they_are(text: str, protected: str) -> None:
    assert protect(text, {"TOKEN"}) == protected


def test_data_cannot_ask_for_a_variable_that_the_author_did_not_mean() -> None:
    secret = {"secretAsEnv": [{"secretName": "s", "keyToEnv": [{"secretKey": "k", "envVar": "TOKEN"}]}]}
    meant = invocation(secret, command=("run",), args=("--token=$(TOKEN)",))
    assert main(job(meant)["spec"]["template"]["spec"])["args"] == ["--token=$(TOKEN)"]
    other = invocation(secret, command=("run",), args=("{{$.pipeline_task_name}}", "$(NOT_THERE)"))
    assert main(job(other)["spec"]["template"]["spec"])["args"] == ["train", "$$(NOT_THERE)"]


def test_amounts_are_the_users_own_words() -> None:
    asked = resources(cpu_request="500m", cpu_limit="2.0", memory_request="512M", memory_limit="16Gi")
    assert main(pod(resources=asked))["resources"] == {
        "requests": {"cpu": "500m", "memory": "512M"},
        "limits": {"cpu": "2.0", "memory": "16Gi"},
    }
    assert main(pod(resources=resources(memory_limit="512K")))["resources"] == {"limits": {"memory": "512k"}}
    assert "resources" not in main(pod())


def test_an_accelerator_is_a_resource_and_a_node_that_has_it() -> None:
    asked = resources(accelerator_type="nvidia.com/gpu", accelerator_count="2", cpu_limit="4")
    found = pod(resources=asked)
    assert main(found)["resources"] == {"limits": {"cpu": "4", "nvidia.com/gpu": "2"}}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in found["tolerations"]
    assert "affinity" not in found


def test_on_a_cluster_for_trying_out_nothing_is_asked_for() -> None:
    asked = resources(accelerator_type="nvidia.com/gpu", accelerator_count="2", cpu_limit="4", memory_request="512Gi")
    found = pod(made=setting(resources="none"), resources=asked, kfbridge={"spot": True})
    assert not {"affinity", "tolerations"} & found.keys()
    assert "resources" not in main(found)


def test_a_model_of_accelerator_and_the_users_affinity_must_both_fit() -> None:
    zone = {"key": "zone", "operator": "In", "values": ["a"]}
    found = pod(
        {"nodeAffinity": [{"matchExpressions": [zone]}, {"matchFields": [zone]}]},
        setting(flavour="gke"),
        kfbridge={"accelerator": {"name": "L4", "count": 1}, "spot": True},
    )
    required = found["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    first, second = required["nodeSelectorTerms"]
    keys = ["cloud.google.com/gke-accelerator", "cloud.google.com/gke-spot"]
    assert [one["key"] for one in first["matchExpressions"]] == [*keys, "zone"]
    assert [one["key"] for one in second["matchExpressions"]] == keys
    assert second["matchFields"] == [zone]


def test_what_is_claimed_is_made_before_the_job() -> None:
    from kfbridge.backends.k8s.job import attempt_documents
    from tests.backends.k8s.pods import line_of

    made = setting(flavour="dra")
    step = invocation(resources=resources(accelerator_type="nvidia.com/gpu", accelerator_count="1"))
    template, found = attempt_documents(step, line_of(step, made), made)
    assert (template["apiVersion"], template["kind"]) == ("resource.k8s.io/v1", "ResourceClaimTemplate")
    (claim,) = found["spec"]["template"]["spec"]["resourceClaims"]
    assert claim == {"name": "devices", "resourceClaimTemplateName": template["metadata"]["name"]}
    assert [one.version for one in requirements(found)] == [(1, 34)]


def test_the_time_limit_is_the_pods_own() -> None:
    found = job(invocation({"activeDeadlineSeconds": "90"}, {"timeout": "7200s"}))
    assert "activeDeadlineSeconds" not in found["spec"]
    assert found["spec"]["template"]["spec"]["activeDeadlineSeconds"] == 7200
    assert [seconds(text) for text in ("0.5s", "0s", "90s")] == [1, 1, 90]
    with pytest.raises(BackendError, match="its timeout 'soon' is no duration"):
        seconds("soon")


def test_shared_memory_by_its_portable_name() -> None:
    found = pod(kfbridge={"sharedMemory": "16Gi"})
    assert {"name": "shm", "mountPath": "/dev/shm"} in main(found)["volumeMounts"]
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}} in found["volumes"]


def test_kueue_is_told_by_a_label_of_the_job() -> None:
    found = job(invocation(), setting(queue="team-a", priority_class="low"))
    assert found["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
    assert found["spec"]["template"]["spec"]["priorityClassName"] == "low"
    assert "schedulerName" not in found["spec"]["template"]["spec"]


def test_volcano_is_told_by_the_scheduler_and_an_annotation_of_the_pod() -> None:
    template = job(invocation(), setting(queue="team-a", queue_system="volcano"))["spec"]["template"]
    assert template["spec"]["schedulerName"] == "volcano"
    assert template["metadata"]["annotations"]["scheduling.volcano.sh/queue-name"] == "team-a"


def test_what_the_target_says_of_every_pod() -> None:
    taint = {"key": "a", "operator": "Exists"}
    template = job(
        invocation({"nodeSelector": {"labels": {"disk": "hdd"}}}),
        setting(
            labels={"team": "x"}, annotations={"note": "y"}, node_selector={"disk": "ssd", "os": "linux"},
            tolerations=(taint,), image_pull_secrets=("registry",), image_pull_policy="IfNotPresent", grace_seconds=5,
        ),
    )["spec"]["template"]  # fmt: skip
    assert template["metadata"]["labels"]["team"] == "x"
    assert template["metadata"]["annotations"]["note"] == "y"
    assert template["spec"]["nodeSelector"] == {"disk": "hdd", "os": "linux"}
    assert template["spec"]["tolerations"] == [taint]
    assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert template["spec"]["terminationGracePeriodSeconds"] == 5
    assert main(template["spec"])["imagePullPolicy"] == "IfNotPresent"


def test_the_workspace_is_where_kfp_has_it() -> None:
    found = pod(made=setting(workspace="run-1-abc-workspace"))
    assert {"name": "run-1-abc-workspace", "mountPath": "/kfp-workspace"} in main(found)["volumeMounts"]


def test_what_only_newer_servers_know_is_said() -> None:
    sidecar = {"initContainers": [{"name": "proxy", "image": "p:1", "restartPolicy": "Always"}]}
    assert [one.version for one in requirements(job(invocation(sidecar)))] == [(1, 29)]
    assert not list(requirements(job(invocation())))
