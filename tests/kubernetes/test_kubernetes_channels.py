"""Names and JSON forms that are known only in the run: inputs, outputs, loops' items, branches."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge import dsl, kubernetes
from tests.kubernetes.steps import choose_name, choose_names, choose_places, documents, executors, step


def mounted(function: Any) -> dict[str, Any]:
    """The settings of the only mount of a volume claim."""
    (mount,) = executors(function)["exec-step"]["pvcMount"]
    return mount


def test_a_name_is_an_input_of_the_pipeline() -> None:
    def function(secret: str):
        kubernetes.use_secret_as_env(step(), secret, {"a": "A"})

    assert executors(function)["exec-step"]["secretAsEnv"] == [
        {
            "secretNameParameter": {"componentInputParameter": "secret"},
            "keyToEnv": [{"secretKey": "a", "envVar": "A"}],
            "optional": False,
        }
    ]


def test_a_name_is_the_output_of_a_task_that_then_comes_first() -> None:
    def function():
        kubernetes.use_secret_as_volume(step(), choose_name().output, "/keys")

    source = {"taskOutputParameter": {"producerTask": "choose-name", "outputParameterKey": "Output"}}
    assert executors(function)["exec-step"]["secretAsVolume"][0]["secretNameParameter"] == source
    assert documents(function)[0]["root"]["dag"]["tasks"]["step"]["dependentTasks"] == ["choose-name"]


def test_a_name_from_outside_becomes_an_input_of_the_groups_around() -> None:
    def function(secret: str):
        name = choose_name().output
        with dsl.ParallelFor(["x"]):
            task = step()
            kubernetes.use_config_map_as_volume(task, secret, "/a")
            kubernetes.use_config_map_as_volume(task, name, "/b")

    volumes = executors(function)["exec-step"]["configMapAsVolume"]
    assert [volume["configMapNameParameter"] for volume in volumes] == [
        {"componentInputParameter": "pipelinechannel--secret"},
        {"componentInputParameter": "pipelinechannel--choose-name-Output"},
    ]
    loop = documents(function)[0]["root"]["dag"]["tasks"]["for-loop-2"]
    assert loop["dependentTasks"] == ["choose-name"]
    assert set(loop["inputs"]["parameters"]) == {"pipelinechannel--secret", "pipelinechannel--choose-name-Output"}


@pytest.mark.parametrize(
    ("items", "source"),
    [
        (lambda: ["a", "b"], {"componentInputParameter": "pipelinechannel--loop-item-param-1"}),
        (lambda: choose_names().output, {"componentInputParameter": "pipelinechannel--choose-names-Output-loop-item"}),
    ],
)
def test_a_name_is_the_item_of_a_loop(items, source) -> None:
    def function():
        with dsl.ParallelFor(items()) as item:
            kubernetes.mount_pvc(step(), item, "/d")

    assert mounted(function) == {"mountPath": "/d", "pvcNameParameter": source, **source}


def test_a_name_is_a_key_of_the_item_of_a_loop() -> None:
    def function():
        with dsl.ParallelFor([{"disk": "a"}]) as item:
            kubernetes.mount_pvc(step(), item.disk, "/d")

    assert mounted(function) == {
        "mountPath": "/d",
        "pvcNameParameter": {
            "componentInputParameter": "pipelinechannel--loop-item-param-1",
            "parameterExpressionSelector": 'parseJson(string_value)["disk"]',
        },
    }


def test_a_name_comes_from_whichever_branch_ran() -> None:
    def function(kind: str):
        with dsl.If(kind == "a"):
            a = choose_name().output
        with dsl.Else():
            b = choose_name().output
        kubernetes.mount_pvc(step(), dsl.OneOf(a, b), "/d")

    name = "pipelinechannel--condition-branches-1-oneof-1"
    spec = documents(function)[0]
    source = {"taskOutputParameter": {"producerTask": "condition-branches-1", "outputParameterKey": name}}
    assert mounted(function) == {"mountPath": "/d", "pvcNameParameter": source, **source}
    assert name in spec["components"]["comp-condition-branches-1"]["outputDefinitions"]["parameters"]
    assert spec["root"]["dag"]["tasks"]["step"]["dependentTasks"] == ["condition-branches-1"]


def test_tolerations_are_collected_over_a_loop() -> None:
    def function():
        with dsl.ParallelFor(["a", "b"]):
            taint = choose_places().output
        kubernetes.add_toleration_json(step(), dsl.Collected(taint))

    assert executors(function)["exec-step"]["tolerations"] == [
        {
            "tolerationJson": {
                "taskOutputParameter": {
                    "producerTask": "for-loop-2",
                    "outputParameterKey": "pipelinechannel--choose-places-Output",
                }
            }
        }
    ]


def test_json_forms_are_inputs_and_outputs() -> None:
    def function(taints: list, labels: dict):
        task = step()
        kubernetes.add_toleration_json(task, taints)
        kubernetes.add_node_selector_json(task, labels)
        kubernetes.add_node_affinity_json(task, choose_places().output)

    output = {"taskOutputParameter": {"producerTask": "choose-places", "outputParameterKey": "Output"}}
    assert executors(function)["exec-step"] == {
        "tolerations": [{"tolerationJson": {"componentInputParameter": "taints"}}],
        "nodeSelector": {"nodeSelectorJson": {"componentInputParameter": "labels"}},
        "nodeAffinity": [{"nodeAffinityJson": output}],
    }


def test_an_exit_task_takes_its_names_from_the_pipeline() -> None:
    def function(secret: str):
        task = kubernetes.set_image_pull_secrets(step(), [secret])
        with dsl.ExitHandler(task):
            choose_name()

    assert executors(function) == {
        "exec-step": {"imagePullSecret": [{"secretNameParameter": {"componentInputParameter": "secret"}}]}
    }


def test_an_inner_pipeline_takes_its_names_from_its_own_inputs() -> None:
    @dsl.pipeline(name="inner")
    def inner(disk: str):
        kubernetes.mount_pvc(step(), disk, "/d")

    def function(claim: str):
        inner(disk=claim)

    source = {"componentInputParameter": "disk"}
    assert mounted(function) == {"mountPath": "/d", "pvcNameParameter": source, **source}
