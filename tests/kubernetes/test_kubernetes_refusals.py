"""What the functions refuse: at the user's line, with the argument and the remedy."""

from __future__ import annotations

import pytest

from kfbridge import dsl
from kfbridge import kubernetes as k
from kfbridge.errors import CompileError
from tests.kubernetes.steps import choose_places, documents, settings, step


@dsl.component
def make(data: dsl.Output[dsl.Dataset]):
    pass


@pytest.mark.parametrize(
    ("body", "reason", "remedy"),
    [
        (
            lambda t: k.use_secret_as_env(t, 3, {"a": "A"}),
            "kubernetes.use_secret_as_env got 3 as its secret_name.",
            "Pass text that is not empty.",
        ),
        (
            lambda t: k.use_secret_as_env(t, "s", {}),
            "kubernetes.use_secret_as_env got nothing as its secret_key_to_env.",
            "Name at least one key and its variable.",
        ),
        (
            lambda t: k.use_config_map_as_env(t, "c", {"a": ""}),
            "kubernetes.use_config_map_as_env got '' as its config_map_key_to_env.",
            "Pass text that is not empty.",
        ),
        (
            lambda t: k.use_secret_as_volume(t, "s", "/s", optional="no"),
            "kubernetes.use_secret_as_volume got 'no' as its optional.",
            "Pass True or False.",
        ),
        (
            lambda t: k.set_image_pull_secrets(t, "registry"),
            "kubernetes.set_image_pull_secrets got 'registry' as its secret_names.",
            "Pass a list.",
        ),
        (
            lambda t: k.set_image_pull_policy(t, "always"),
            "kubernetes.set_image_pull_policy got 'always' as its policy.",
            "Pass one of 'Always', 'Never', 'IfNotPresent'.",
        ),
        (
            lambda t: k.add_pod_label(t, "replicas", 3),
            "kubernetes.add_pod_label got 3 as its label_value.",
            "Pass text.",
        ),
        (
            lambda t: k.empty_dir_mount(t, "e", "/e", size_limit="5GB"),
            "kubernetes.empty_dir_mount got '5GB' as its size_limit.",
            "Write a Kubernetes quantity: '5Gi', '500Mi', '0.5'.",
        ),
        (
            lambda t: k.add_ephemeral_volume(t, "v", "/v", ["ReadWrite"], "5Gi"),
            "kubernetes.add_ephemeral_volume got 'ReadWrite' as its access_modes.",
            "Pass one of 'ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'.",
        ),
        (
            lambda t: k.add_node_affinity(t, [{"key": "zone", "operator": "Is"}]),
            "kubernetes.add_node_affinity got 'Is' as its match_expressions' operator.",
            "Pass one of 'In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'.",
        ),
        (
            lambda t: k.add_node_affinity(t, [{"key": "zone", "operator": "In", "value": "a"}]),
            "kubernetes.add_node_affinity got {'key': 'zone', 'operator': 'In', 'value': 'a'} as its match_expr",
            "Pass dictionaries with 'key', 'operator', 'values'.",
        ),
        (
            lambda t: k.add_node_affinity(t, weight=1),
            "kubernetes.add_node_affinity got nothing as its match_expressions.",
            "Give at least one requirement; a term without any fits no node.",
        ),
        (
            lambda t: k.add_node_affinity(t, [{"key": "zone", "operator": "Exists"}], weight=101),
            "kubernetes.add_node_affinity got 101 as its weight.",
            "Pass a whole number from 1 to 100.",
        ),
        (
            lambda t: k.add_node_affinity_json(t, {"required": {}}),
            "kubernetes.add_node_affinity_json got 'required' as its node_affinity_json.",
            "Pass one of 'requiredDuringSchedulingIgnoredDuringExecution',",
        ),
        (
            lambda t: k.add_node_selector_json(t, '{"disk": "ssd"}'),
            """kubernetes.add_node_selector_json got '{"disk": "ssd"}' as its node_selector_json.""",
            "Pass a dict, or a channel for one.",
        ),
        (
            lambda t: k.add_toleration(t, effect="NoScheduling"),
            "kubernetes.add_toleration got 'NoScheduling' as its effect.",
            "Pass one of 'NoExecute', 'NoSchedule', 'PreferNoSchedule'.",
        ),
        (
            lambda t: k.add_toleration_json(t, [{"name": "gpu"}]),
            "kubernetes.add_toleration_json got {'name': 'gpu'} as its toleration_json.",
            "Use the keys 'key', 'operator', 'value', 'effect',",
        ),
        (
            lambda t: k.add_toleration_json(t, None),
            "kubernetes.add_toleration_json got None as its toleration_json.",
            "Pass a dict, a list of them, or a channel for either.",
        ),
        (
            lambda t: k.set_timeout(t, -1),
            "kubernetes.set_timeout got -1 as its seconds.",
            "Pass a whole number from 0 on.",
        ),
        (
            lambda t: k.set_security_context(t),
            "kubernetes.set_security_context got nothing as its run_as_user.",
            "Give run_as_user, run_as_group or run_as_non_root.",
        ),
        (
            lambda t: k.set_security_context(t, run_as_user=True),
            "kubernetes.set_security_context got True as its run_as_user.",
            "Pass a whole number from 0 on.",
        ),
        (
            lambda t: k.add_init_container(k.add_init_container(t, "a", "b"), "a", "c"),
            "kubernetes.add_init_container got 'a', which another container of 'step' has, as its name.",
            "Give it another name.",
        ),
        (
            lambda t: k.add_init_container(t, "a", "b", restart_policy="Never"),
            "kubernetes.add_init_container got 'Never' as its restart_policy.",
            "Pass one of 'Always'.",
        ),
        (
            lambda t: k.add_init_container(t, "a", "b", resources={"cpu": "1"}),
            "kubernetes.add_init_container got {'cpu': '1'} as its resources.",
            'Pass {"requests": {...}, "limits": {...}}.',
        ),
        (
            lambda t: k.mount_pvc("step", "disk", "/d"),
            "kubernetes.mount_pvc got a str as its task.",
            "Pass what calling a component in a pipeline gives.",
        ),
    ],
)
def test_a_wrong_argument_is_refused_at_its_line(body, reason: str, remedy: str) -> None:
    with pytest.raises(CompileError) as caught:
        settings(body)
    assert f"test_kubernetes_refusals.py:{body.__code__.co_firstlineno}: {reason}" in str(caught.value)
    assert f"\n  {remedy}" in str(caught.value)


@pytest.mark.parametrize(
    ("use", "reason", "remedy"),
    [
        (
            lambda t, name, count: k.add_pod_label(t, "owner", name),
            "kubernetes.add_pod_label got a value that exists only in the run as its label_value.",
            "Write a constant; only names and JSON forms may come from the run.",
        ),
        (
            lambda t, name, count: k.empty_dir_mount(t, "e", f"/{name}"),
            "kubernetes.empty_dir_mount got a value that exists only in the run as its mount_path.",
            "Write a constant; only names and JSON forms may come from the run.",
        ),
        (
            lambda t, name, count: k.mount_pvc(t, f"disk-{name}", "/d"),
            "kubernetes.mount_pvc got text with a value that exists only in the run as its pvc_name.",
            "Make the whole of it in a task, and pass the task's output.",
        ),
        (
            lambda t, name, count: k.mount_pvc(t, count, "/d"),
            "kubernetes.mount_pvc got 'count', a parameter of type NUMBER_INTEGER, as its pvc_name.",
            "Pass a parameter of type STRING.",
        ),
        (
            lambda t, name, count: k.add_node_selector_json(t, count),
            "got 'count', a parameter of type NUMBER_INTEGER, as its node_selector_json.",
            "Pass a parameter of type STRUCT or STRING.",
        ),
        (
            lambda t, name, count: k.add_node_selector_json(t, {"disk": name}),
            "kubernetes.add_node_selector_json got a dict with a value that exists only in the run as its node_select",
            "Make the whole of it in a task, and pass the task's output.",
        ),
        (
            lambda t, name, count: k.use_secret_as_volume(t, make().outputs["data"], "/d"),
            "kubernetes.use_secret_as_volume got the artifact 'make-data' (system.Dataset) as its secret_name.",
            "Pass a parameter, or text.",
        ),
        (
            lambda t, name, count: k.use_secret_as_volume(t, choose_places().output, "/d"),
            "got 'choose-places-Output', a parameter of type STRUCT, as its secret_name.",
            "Pass a parameter of type STRING.",
        ),
    ],
)
def test_a_value_of_the_run_has_its_places(use, reason: str, remedy: str) -> None:
    def function(name: str, count: int):
        use(step(), name, count)

    with pytest.raises(CompileError) as caught:
        documents(function)
    assert reason in str(caught.value)
    assert f"\n  {remedy}" in str(caught.value)


@pytest.mark.parametrize("kind", ["pipeline", "importer"])
def test_pipelines_and_importers_have_no_pod(kind: str) -> None:
    @dsl.pipeline(name="inner")
    def inner():
        step()

    def function():
        k.set_timeout(inner() if kind == "pipeline" else dsl.importer("gs://x", dsl.Dataset), 5)

    with pytest.raises(CompileError, match=r"kubernetes.set_timeout is not possible on the task .*no container"):
        documents(function)
