"""``[targets.NAME.machines]``: machines that a user names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kfbridge.backends.azureml.machines import choose as on_azure
from kfbridge.backends.sagemaker.machines import choose as on_sagemaker
from kfbridge.backends.vertex.machines import choose as on_vertex
from kfbridge.errors import MachineError, RequestError
from kfbridge.machines.override import Overrides
from kfbridge.machines.request import of_text
from kfbridge.machines.update import update


def section(**entries: str) -> Overrides:
    return over({name.replace("_", "-"): value for name, value in entries.items()})


def over(entries: Mapping[str, str]) -> Overrides:
    return Overrides(entries, "[targets.x.machines]")


def test_by_accelerator() -> None:
    offer = on_vertex(of_text("T4"), section(T4="n1-standard-16"))
    assert offer.machine == "n1-standard-16"
    assert offer.remarks == ("as a custom job: the machine is named", "named by [targets.x.machines], T4")


def test_a_size_that_takes_several_models_comes_with_the_one_that_is_asked_for() -> None:
    offer = on_vertex(of_text("V100-16GB"), over({"V100-16GB": "n1-standard-8"}))
    assert offer.native["machineSpec"] == {
        "machineType": "n1-standard-8",
        "acceleratorType": "NVIDIA_TESLA_V100",
        "acceleratorCount": 1,
    }


@pytest.mark.parametrize("key", ["NVIDIA_TESLA_T4", "t4", "Tesla T4"])
def test_by_any_name_of_the_accelerator(key: str) -> None:
    assert on_vertex(of_text("T4"), over({key: "n1-standard-16"})).machine == "n1-standard-16"


def test_the_number_goes_before_the_name_alone() -> None:
    both = over({"T4": "n1-standard-16", "T4:4": "n1-standard-32"})
    assert [on_vertex(of_text(f"T4:{n}"), both).machine for n in (1, 2, 4)] == [
        "n1-standard-16", "n1-standard-16", "n1-standard-32",
    ]  # fmt: skip


def test_another_accelerator_is_left_alone() -> None:
    assert on_vertex(of_text("L4"), section(T4="n1-standard-16")).machine == "g2-standard-4"


def test_steps_without_accelerators() -> None:
    assert on_sagemaker(of_text(cpu="2"), section(cpu="ml.m5.4xlarge")).machine == "ml.m5.4xlarge"
    assert on_sagemaker(of_text(), section(cpu="ml.m5.large")).machine == "ml.m5.large"
    assert on_vertex(of_text(cpu="2"), section(cpu="n1-standard-8")).native == {
        "form": "custom-job",
        "machineSpec": {"machineType": "n1-standard-8"},
    }


def test_another_model_of_the_same_maker() -> None:
    offer = on_azure(of_text("H100-80GB"), section(H100="Standard_NC40ads_H100_v5"))
    assert offer.machine == "Standard_NC40ads_H100_v5"


def test_a_retired_machine_that_is_named_is_used() -> None:
    with pytest.raises(MachineError):
        on_azure(of_text("V100-16GB"))
    assert on_azure(of_text("V100-16GB"), over({"V100-16GB": "Standard_NC6s_v3"})).machine == "Standard_NC6s_v3"


def test_the_users_own_sizes_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("provider,name,vcpu,memory_gib,source\nvertex,n2-standard-8,8,32,hearsay\n")
    update(tmp_path / "mine.csv", tmp_path)
    assert on_vertex(of_text(cpu="2"), section(cpu="n2-standard-8"), tmp_path).machine == "n2-standard-8"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            {"T4": "n1-standrad-16"},
            "[targets.x.machines], T4: vertex has no machine called 'n1-standrad-16'.\n"
            "  Did you mean 'n1-standard-16'?",
        ),
        ({"T5000": "n1-standard-16"}, "[targets.x.machines], T5000: There is no accelerator called 'T5000'."),
        ({"A100": "a2-highgpu-1g"}, "[targets.x.machines], A100: The accelerator 'A100' is ambiguous"),
        ({"T4:x": "n1-standard-16"}, "[targets.x.machines], T4:x: 'x' is not a number of accelerators."),
        (
            {"T4": "e2-standard-4"},
            "[targets.x.machines], T4: The machine 'e2-standard-4' cannot stand in for T4: "
            "it is e2-standard-4 (4 vCPU, 16 GiB).",
        ),
        ({"T4": "ct6e-standard-1t"}, "The machine 'ct6e-standard-1t' cannot stand in for T4"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused_whatever_is_asked_for(entries: dict[str, str], message: str) -> None:
    for request in (of_text("L4"), of_text("T4"), of_text()):
        with pytest.raises(RequestError) as caught:
            on_vertex(request, over(entries))
        assert message in str(caught.value)


def test_a_machine_that_is_too_small() -> None:
    with pytest.raises(MachineError) as caught:
        on_vertex(of_text("T4:4"), section(T4="g2-standard-24"))
    assert str(caught.value) == (
        "[targets.x.machines], T4: The machine 'g2-standard-24' will not do for 4 x T4.\n"
        "  The nearest is g2-standard-24 (24 vCPU, 96 GiB, 2 x L4): it has 2 of 4 L4. Ask for less, or split the step."
    )


def test_a_share_of_a_gpu_cannot_stand_in_for_one() -> None:
    with pytest.raises(RequestError, match="cannot stand in for A10"):
        on_azure(of_text("A10"), section(A10="Standard_NV6ads_A10_v5"))
