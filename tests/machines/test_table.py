"""Every row of the tables: well formed, with a source, and within reach of a request."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from importlib import resources
from pathlib import Path

import pytest

from kfbridge.errors import MachineError
from kfbridge.machines.accelerators import every, model
from kfbridge.machines.choose import choose
from kfbridge.machines.csvfile import header_of, read_rows, shipped
from kfbridge.machines.labels import labels, selecting
from kfbridge.machines.machine import TRAITS
from kfbridge.machines.nodes import FLAVOURS, terms
from kfbridge.machines.quantity import GIB
from kfbridge.machines.request import MachineRequest
from kfbridge.machines.sizes import COLUMNS, PROVIDERS
from kfbridge.machines.table import machines, shipped_machines
from tests.conftest import shared_folder

ALL = [machine for provider in PROVIDERS for machine in machines(provider)]


def test_the_tables_are_as_large_as_they_should_be() -> None:
    rows = {name: len(list(read_rows(shipped(f"{name}.csv")))) for name in (*PROVIDERS, "kubernetes")}
    assert rows == {"vertex": 199, "sagemaker": 225, "azureml": 64, "kubernetes": 105}
    bare_n1 = 13
    assert Counter(machine.provider for machine in ALL) == {"vertex": 199 + bare_n1, "sagemaker": 225, "azureml": 64}


def test_every_file_is_part_of_the_package() -> None:
    names = {path.name for path in resources.files("kfbridge.machines").joinpath("data").iterdir()}
    assert names == {f"{name}.csv" for name in (*PROVIDERS, "kubernetes", "accelerators", "additions")}


@pytest.mark.parametrize("name", (*PROVIDERS, "kubernetes"))
def test_the_tables_are_those_that_were_researched(name: str) -> None:
    shared = shared_folder()
    if shared is None or not (shared / "machines").is_dir():
        pytest.skip("the researched tables are not here: set KFBRIDGE_SHARED")
    assert shipped(f"{name}.csv") == (shared / "machines" / f"{name}.csv").read_text(encoding="utf-8")


def test_every_machine_is_well_formed() -> None:
    for machine in ALL:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", machine.name)
        assert machine.source
        assert machine.traits <= set(TRAITS)
        assert machine.price is None, "no prices are shipped, as none has a source"
        assert (machine.accelerator is None) == (machine.count == 0)
        if machine.name == "cloud-tpu":  # of which nobody publishes them
            continue
        assert machine.vcpu is not None, machine
        assert 1 <= machine.vcpu <= 400, machine
        assert machine.memory is not None, machine
        assert Fraction(1, 2) * GIB <= machine.memory / machine.vcpu <= 40 * GIB, machine


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_machine_is_there_twice(provider: str) -> None:
    assert max(Counter(machine.key for machine in machines(provider)).values()) == 1


def test_every_machine_can_be_reached() -> None:
    """A request for all that it has, from a table of its name alone, gives it; only a share of a GPU never comes."""
    for machine in ALL:
        if 0 < machine.count < 1:
            with pytest.raises(MachineError):
                choose(MachineRequest(accelerator=machine.accelerator, count=1), [machine])
            continue
        count = int(machine.count) if machine.accelerator else 0
        request = MachineRequest(machine.vcpu, machine.memory, machine.accelerator, count)
        namesakes = [other for other in machines(machine.provider) if other.name == machine.name]
        assert choose(request, namesakes).machine is machine


def test_the_figures_of_accelerators_agree_with_their_names() -> None:
    for machine in ALL:
        if machine.accelerator and machine.accelerator_memory_gib and machine.count >= 1:
            assert model(machine.accelerator.name, machine.accelerator_memory_gib) is machine.accelerator


def test_a_size_by_its_name_is_not_its_number_of_accelerators() -> None:
    """SageMaker's .12xlarge has 4 GPUs in one family and 2 in another; the column counts, never the name."""
    counts = {machine.name: machine.count for machine in machines("sagemaker")}
    assert (counts["ml.g5.12xlarge"], counts["ml.g7.12xlarge"], counts["ml.g7e.12xlarge"]) == (4, 2, 2)
    assert (counts["ml.g5.24xlarge"], counts["ml.g7.24xlarge"], counts["ml.g7e.24xlarge"]) == (4, 4, 4)


def test_which_types_a_processing_job_takes() -> None:
    table = machines("sagemaker")
    processing = {machine.name for machine in table if "processing" in machine.traits}
    assert len(processing) == 207
    assert all("training" in machine.traits for machine in table)
    assert "ml.p5.4xlarge" in processing
    assert not processing & {
        "ml.p4d.24xlarge",
        "ml.p4de.24xlarge",
        "ml.p5.48xlarge",
        "ml.trn1.2xlarge",
        "ml.p3dn.24xlarge",
    }


def test_traits_that_are_added() -> None:
    having = {trait: {machine.name for machine in ALL if trait in machine.traits} for trait in TRAITS}
    assert having["arm64"] == {"a4x-highgpu-4g", "ml.p6e-gb200.36xlarge", "Standard_ND128isr_NDR_GB200_v6"}
    assert having["spot-only"] == {"a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g"}
    assert having["retired"] == {f"Standard_NC{size}_v3" for size in ("6s", "12s", "24s", "24rs")}
    assert {name.rsplit(".", 1)[0] for name in having["previous"]} == {"ml.c4", "ml.m4", "ml.p2", "ml.p3"}


def test_additions_are_in_the_users_own_format() -> None:
    assert header_of(shipped("additions.csv")) == list(COLUMNS)


def test_n1_without_accelerators_is_there_for_steps_without_any() -> None:
    bare = {
        machine.name for machine in machines("vertex") if machine.name.startswith("n1-") and not machine.accelerator
    }
    assert bare == {name for name in (machine.name for machine in ALL) if re.match(r"n1-(standard|highmem)-", name)}


def test_the_shipped_tables_are_read_once() -> None:
    assert shipped_machines("vertex") is machines("vertex")
    assert machines("vertex", Path("/nowhere")) is machines("vertex")


# Kubernetes -----------------------------------------------------------------------------------------

DESCRIBING = {
    "cloud.google.com/gke-accelerator-count", "cloud.google.com/gke-gpu-partition-size",
    "cloud.google.com/gke-gpu-sharing-strategy", "karpenter.k8s.aws/instance-gpu-manufacturer",
    "karpenter.k8s.aws/instance-gpu-count", "karpenter.k8s.aws/instance-gpu-memory",
    "k8s.amazonaws.com/accelerator", "kubernetes.azure.com/accelerator", "gpu.nvidia.com/class",
    "intel.feature.node.kubernetes.io/gpu", "feature.node.kubernetes.io/pci-10de.present", "nvidia.com/gpu.replicas",
    "DeviceClass", "DeviceClass.spec.extendedResourceName",
}  # fmt: skip
"""Labels that the table describes and that select no model: kfbridge uses none of them."""


def test_every_label_row_is_well_formed() -> None:
    for row in labels():
        assert row.source
        assert row.resource == "" or re.fullmatch(r"[a-z0-9.-]+/[a-z0-9.-]+", row.resource)
        assert set(row.accelerators) <= set(every())
        assert all(re.fullmatch(r"[\w.-]+(/[\w.-]+)?", value) for value in row.values)


def test_every_label_that_names_a_model_is_used() -> None:
    """By a term of the affinity, or (MIG, Gaudi) by its resource alone."""
    for row in labels():
        used = [
            (name, value)
            for name in row.accelerators
            for requirement in FLAVOURS[row.flavour](row.flavour, every()[name], 4 if "tpu" in row.resource else 1)
            if requirement.key == row.key
            for value in requirement.values
        ] if row.flavour in FLAVOURS else []  # fmt: skip
        expected = [(name, value) for name in row.accelerators for value in row.values_for(name)]
        if row.flavour in ("eks", "aks"):
            expected = [pair for pair in expected if pair[1] != "Standard_NC6s_v3"]  # retired
        assert set(expected) <= set(used), row


def test_the_other_label_rows_describe() -> None:
    rest = {row.key for row in labels() if not row.accelerators and row.subject != "spot"}
    assert {key for key in rest if not key.startswith(("nvidia.com/gpu.", "nvidia.com/mig."))} <= DESCRIBING


@pytest.mark.parametrize("name", every())
def test_nodes_with_an_accelerator_are_found_by_labels_of_it_alone(name: str) -> None:
    """No label of one model selects another, except where drivers call two models alike."""
    alike = {("H100-80GB", "H100-MEGA-80GB")}
    mine = {
        (row.key, value) for flavour in FLAVOURS for row in selecting(flavour, name) for value in row.values_for(name)
    }
    for other in set(every()) - {name}:
        if (name, other) in alike or (other, name) in alike:
            continue
        theirs = terms(every()[other], 4)
        for term in theirs.values():
            shared = [(r.key, value) for r in term for value in r.values if (r.key, value) in mine]
            assert not shared or any(requirement.operator in ("Gt", "Lt") for requirement in term), (other, shared)
