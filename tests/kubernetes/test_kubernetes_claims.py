"""Volume claims that are made and deleted by tasks."""

from __future__ import annotations

import pytest

from kfbridge import kubernetes
from kfbridge.errors import ArgumentError, TypeMismatchError
from tests.kubernetes.steps import documents, executors, step


def life_of_a_claim():
    claim = kubernetes.CreatePVC(access_modes=["ReadWriteOnce"], size="5Gi", pvc_name_suffix="-data")
    task = kubernetes.mount_pvc(step(), claim.outputs["name"], "/data")
    kubernetes.DeletePVC(pvc_name=claim.outputs["name"]).after(task)


def test_a_claim_is_made_before_the_task_that_mounts_it_and_deleted_after() -> None:
    tasks = documents(life_of_a_claim)[0]["root"]["dag"]["tasks"]
    assert tasks["step"]["dependentTasks"] == ["createpvc"]
    assert tasks["deletepvc"]["dependentTasks"] == ["createpvc", "step"]
    output = {"taskOutputParameter": {"producerTask": "createpvc", "outputParameterKey": "name"}}
    assert executors(life_of_a_claim) == {
        "exec-step": {"pvcMount": [{"mountPath": "/data", "pvcNameParameter": output, **output}]}
    }


def test_kfp_knows_the_components_by_their_images() -> None:
    found = documents(life_of_a_claim)[0]["deploymentSpec"]["executors"]
    assert found["exec-createpvc"] == {"container": {"image": "argostub/createpvc"}}
    assert found["exec-deletepvc"] == {"container": {"image": "argostub/deletepvc"}}


def test_the_storage_class_is_empty_unless_given_and_nothing_else_has_a_default() -> None:
    inputs = kubernetes.CreatePVC.component_spec.inputs
    assert kubernetes.CreatePVC.required_inputs == ["access_modes", "size"]
    assert {name: spec.default for name, spec in inputs.items() if spec.default is not None} == {
        "storage_class_name": ""
    }
    assert kubernetes.CreatePVC.component_spec.outputs["name"].type == "STRING"


def test_the_arguments_are_checked_as_those_of_any_component() -> None:
    with pytest.raises(ArgumentError, match=r"test_kubernetes_claims\.py:\d+: .* 'createpvc' is called without 'size'"):
        documents(lambda: kubernetes.CreatePVC(access_modes=["ReadWriteOnce"]) and None)
    with pytest.raises(TypeMismatchError, match="'deletepvc'"):
        documents(lambda: kubernetes.DeletePVC(pvc_name=3) and None)
