"""Kubernetes: what a pod says to land on a node that has what it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge.backends.k8s.machines import choose
from kfbridge.errors import MachineError, RequestError
from kfbridge.machines.accelerators import every
from kfbridge.machines.override import Overrides
from kfbridge.machines.request import of_text

Expressions = list[tuple[str, str, list[str]]]


def native(
    gpu: str | None = None, *, flavour: str | None = None, entries: dict[str, str] | None = None, **asked: Any
) -> Any:
    return choose(of_text(gpu, **asked), Overrides(entries or {}, "[targets.x.machines]"), flavour=flavour).native


def terms(gpu: str | None = None, **more: Any) -> list[Expressions]:
    """The alternatives of the node affinity, each as (label, operator, values)."""
    affinity = native(gpu, **more).get("affinity")
    if affinity is None:
        return []
    found = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return [[(e["key"], e["operator"], e["values"]) for e in term["matchExpressions"]] for term in found]


def test_a_pod_that_asks_for_nothing_says_nothing() -> None:
    assert native() == {"resources": {}}


def test_amounts_are_requests() -> None:
    assert native(cpu="1500m", memory="2Gi")["resources"] == {"requests": {"cpu": "1500m", "memory": "2Gi"}}


def test_a_clouds_name_never_becomes_a_resource() -> None:
    """KFP's own driver copies NVIDIA_TESLA_T4 into the limits, and no node ever has it."""
    assert native("NVIDIA_TESLA_T4:2")["resources"] == {"limits": {"nvidia.com/gpu": "2"}}


def test_the_most_exact_label_comes_first_and_any_will_do() -> None:
    assert [term[0][0] for term in terms("A100-40GB")] == [
        "cloud.google.com/gke-accelerator",
        "karpenter.k8s.aws/instance-gpu-name",
        "nvidia.com/gpu.product",
        "node.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
    ]


def test_every_product_name_of_one_model_will_do() -> None:
    assert terms("A100-80GB", flavour="gfd") == [
        [("nvidia.com/gpu.product", "In", ["NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-80GB-PCIe"])]
    ]


def test_gke_alone_tells_h100_mega_from_h100() -> None:
    assert terms("H100-MEGA-80GB") == [[("cloud.google.com/gke-accelerator", "In", ["nvidia-h100-mega-80gb"])]]
    assert terms("H100-80GB", flavour="gke") == [[("cloud.google.com/gke-accelerator", "In", ["nvidia-h100-80gb"])]]


@pytest.mark.parametrize(
    ("gpu", "name", "operator", "between"),
    [
        ("A100-40GB", "a100", "Lt", "61440"),
        ("A100-80GB", "a100", "Gt", "61440"),
        ("V100-16GB", "v100", "Lt", "24576"),
        ("V100-32GB", "v100", "Gt", "24576"),
    ],
)
def test_karpenter_tells_models_apart_by_their_memory(gpu: str, name: str, operator: str, between: str) -> None:
    assert terms(gpu, flavour="eks-karpenter") == [
        [
            ("karpenter.k8s.aws/instance-gpu-name", "In", [name]),
            ("karpenter.k8s.aws/instance-gpu-memory", operator, [between]),
        ]
    ]


def test_instance_types_are_those_with_enough_of_them() -> None:
    assert terms("T4:4", flavour="eks") == [[("node.kubernetes.io/instance-type", "In", ["g4dn.12xlarge"])]]
    assert terms("T4:4", flavour="aks") == [[("node.kubernetes.io/instance-type", "In", ["Standard_NC64as_T4_v3"])]]


def test_a_retired_size_is_no_instance_type() -> None:
    with pytest.raises(MachineError, match="no label is known by which such nodes are told on aks"):
        terms("V100-16GB", flavour="aks")


@pytest.mark.parametrize(
    ("gpu", "resource", "key"),
    [
        ("nvidia.com/gpu", "nvidia.com/gpu", "nvidia.com/gpu"),
        ("nvidia.com/mig-1g.10gb", "nvidia.com/mig-1g.10gb", "nvidia.com/gpu"),
        ("nvidia.com/gpu.shared", "nvidia.com/gpu.shared", "nvidia.com/gpu"),
        ("amd.com/gpu", "amd.com/gpu", "amd.com/gpu"),
        ("MI300X", "amd.com/gpu", "amd.com/gpu"),
        ("TPU-v5e:4", "google.com/tpu", "google.com/tpu"),
        ("trainium", "aws.amazon.com/neuron", "aws.amazon.com/neuron"),
        ("aws.amazon.com/neuron", "aws.amazon.com/neuron", "aws.amazon.com/neuron"),
    ],
)
def test_the_resource_and_the_toleration(gpu: str, resource: str, key: str) -> None:
    said = native(gpu)
    assert list(said["resources"]["limits"]) == [resource]
    assert {"key": key, "operator": "Exists", "effect": "NoSchedule"} in said["tolerations"]


def test_aks_users_taint_gpu_nodes_with_sku() -> None:
    sku = {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}
    assert sku in native("T4")["tolerations"]
    assert sku in native("T4", flavour="aks")["tolerations"]
    assert sku not in native("T4", flavour="gke")["tolerations"]
    assert sku not in native("TPU-v5e:4")["tolerations"]


@pytest.mark.parametrize("gpu", ["nvidia.com/gpu:2", "amd.com/gpu", "nvidia.com/mig-1g.10gb"])
def test_any_device_needs_no_label(gpu: str) -> None:
    assert terms(gpu) == []


class TestTpus:
    def test_gke_wants_their_topology(self) -> None:
        assert terms("TPU-v5e:8") == [
            [
                ("cloud.google.com/gke-tpu-accelerator", "In", ["tpu-v5-lite-podslice", "tpu-v5-lite-device"]),
                ("cloud.google.com/gke-tpu-topology", "In", ["2x4"]),
            ]
        ]

    def test_a_number_that_no_host_has(self) -> None:
        with pytest.raises(MachineError, match="k8s has no nodes with 2 x TPU-v6e: one host has 1 or 4 or 8 of them"):
            native("TPU-v6e:2")

    def test_gke_wants_their_generation(self) -> None:
        with pytest.raises(MachineError, match="GKE wants to be told which TPU"):
            native("tpu")


class TestSpot:
    def test_each_flavour_has_its_label(self) -> None:
        assert [term[-1] for term in terms("T4", spot=True)] == [
            ("cloud.google.com/gke-spot", "In", ["true"]),
            ("karpenter.sh/capacity-type", "In", ["spot"]),
            ("eks.amazonaws.com/capacityType", "In", ["SPOT"]),
            ("kubernetes.azure.com/scalesetpriority", "In", ["spot"]),
        ]

    def test_a_step_without_accelerators_too(self) -> None:
        assert terms(cpu="2", spot=True, flavour="gke") == [[("cloud.google.com/gke-spot", "In", ["true"])]]

    def test_aks_taints_them(self) -> None:
        taint = {
            "key": "kubernetes.azure.com/scalesetpriority",
            "operator": "Equal",
            "value": "spot",
            "effect": "NoSchedule",
        }
        assert taint in native(spot=True)["tolerations"]
        assert "tolerations" not in native(spot=True, flavour="gke")

    def test_where_no_label_says_spot_it_is_refused(self) -> None:
        with pytest.raises(MachineError, match="no label is known by which spot nodes are told on gfd"):
            native("T4", spot=True, flavour="gfd")


class TestNamed:
    def test_labels(self) -> None:
        assert terms("T4", entries={"T4": "pool=gpu, example.com/zone=a"}) == [
            [("pool", "In", ["gpu"]), ("example.com/zone", "In", ["a"])]
        ]

    def test_an_instance_type(self) -> None:
        assert terms("T4", entries={"T4": "g4dn.metal"}) == [
            [("node.kubernetes.io/instance-type", "In", ["g4dn.metal"])]
        ]

    def test_steps_without_accelerators(self) -> None:
        assert terms(cpu="2", entries={"cpu": "pool=small"}) == [[("pool", "In", ["small"])]]

    def test_spot_stays_spot(self) -> None:
        found = terms("T4", spot=True, flavour="gke", entries={"T4": "pool=gpu"})
        assert found == [[("pool", "In", ["gpu"]), ("cloud.google.com/gke-spot", "In", ["true"])]]

    def test_a_label_for_what_no_label_is_known_of(self) -> None:
        with pytest.raises(MachineError, match="Name a label under"):
            native("TPU-v7x:4")
        assert terms("TPU-v7x:4", entries={"TPU-v7x": "pool=ironwood"}) == [[("pool", "In", ["ironwood"])]]

    @pytest.mark.parametrize(
        ("entries", "message"),
        [
            ({"T4": "pool=a b"}, "[targets.x.machines], T4: 'pool=a b' is neither labels nor an instance type."),
            ({"T4": "=x"}, "is neither labels nor an instance type"),
            ({"T5000": "pool=gpu"}, "[targets.x.machines], T5000: There is no accelerator called 'T5000'."),
        ],
    )
    def test_an_entry_that_makes_no_sense(self, entries: dict[str, str], message: str) -> None:
        with pytest.raises(RequestError) as caught:
            native("L4", entries=entries)
        assert message in str(caught.value)


def test_devices_by_dynamic_resource_allocation() -> None:
    said = native("nvidia.com/gpu:2", flavour="dra")
    [claim] = said["resourceClaims"]
    [request] = claim["spec"]["devices"]["requests"]
    assert request["exactly"] == {"deviceClassName": "gpu.nvidia.com", "count": 2}
    with pytest.raises(MachineError, match="no device class is known for it"):
        native("T4", flavour="dra")


def test_a_flavour_that_is_none() -> None:
    with pytest.raises(RequestError, match="There is no flavour of Kubernetes called 'k3s'"):
        native("T4", flavour="k3s")


def test_every_other_accelerator_can_be_found_on_some_kubernetes() -> None:
    unknown = set()
    for name in every():
        try:
            native(f"{name}:{4 if name.startswith('TPU') else 1}")
        except MachineError:
            unknown.add(name)
    assert unknown == {"L40", "TPU-v2", "TPU-v3", "TPU-v7x"}


def test_a_resource_of_one_model_needs_no_label() -> None:
    assert native("Gaudi:8") == {
        "resources": {"limits": {"habana.ai/gaudi": "8"}},
        "tolerations": [{"key": "habana.ai/gaudi", "operator": "Exists", "effect": "NoSchedule"}],
    }
