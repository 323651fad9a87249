"""What is peculiar to Vertex AI, SageMaker and Azure ML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.azureml.machines import choose as on_azure
from kfbridge.backends.offers import PROVIDERS, chooser, offers
from kfbridge.backends.sagemaker.machines import choose as on_sagemaker
from kfbridge.backends.vertex.machines import choose as on_vertex
from kfbridge.errors import MachineError
from kfbridge.machines.document import offer_data
from kfbridge.machines.request import of_text
from kfbridge.machines.table import machines
from kfbridge.machines.update import update


class TestVertex:
    def test_a_plain_step_names_the_accelerator_and_no_machine(self) -> None:
        offer = on_vertex(of_text("T4:2", "8"))
        assert offer.native == {"form": "plain", "accelerator": {"type": "NVIDIA_TESLA_T4", "count": "2"}}
        assert offer.remarks[0] == "Vertex picks the machine; this is the smallest that fits"

    def test_a_step_that_asks_for_nothing_gets_vertexs_default(self) -> None:
        offer = on_vertex(of_text())
        assert (offer.machine, offer.native) == ("e2-standard-4", {"form": "plain"})

    @pytest.mark.parametrize(
        ("asked", "form"),
        [
            ({"cpu": "96"}, "plain"),
            ({"memory": "624G"}, "plain"),
            ({"memory": "624001M"}, "custom-job"),  # more than plain steps may ask, though n1-highmem-96 has it
            ({"gpu": "A100-40GB:4"}, "plain"),
            ({"gpu": "A100-40GB:8"}, "custom-job"),  # 96 vCPU, but 680 GB
            ({"gpu": "A100-80GB:4"}, "custom-job"),
            ({"gpu": "H100-80GB:8"}, "custom-job"),
            ({"gpu": "H200"}, "custom-job"),
            ({"gpu": "B200"}, "custom-job"),
            ({"gpu": "RTX-PRO-6000:2"}, "plain"),
            ({"gpu": "RTX-PRO-6000:4"}, "custom-job"),
            ({"gpu": "T4", "spot": True}, "custom-job"),
            ({"gpu": "TPU-v5e:4"}, "custom-job"),
        ],
    )
    def test_what_a_plain_step_can_have(self, asked: dict[str, Any], form: str) -> None:
        assert on_vertex(of_text(**asked)).native["form"] == form

    def test_every_accelerator_of_a_plain_step_has_its_enum(self) -> None:
        for machine in machines("vertex"):
            if machine.accelerator and machine.accelerator.vendor == "nvidia":
                assert machine.native_accelerator.startswith("NVIDIA_"), machine

    def test_spot_is_a_strategy_of_the_custom_job(self) -> None:
        native = on_vertex(of_text("L4", spot=True)).native
        assert native == {
            "form": "custom-job",
            "machineSpec": {"machineType": "g2-standard-4", "acceleratorType": "NVIDIA_L4", "acceleratorCount": 1},
            "scheduling": {"strategy": "SPOT"},
        }

    def test_small_h100_machines_are_there_as_spot_only(self) -> None:
        plain = on_vertex(of_text("H100"))
        assert plain.machine == "a3-highgpu-8g"
        assert plain.choice is not None
        reasons = {one.machine.name: one.reason for one in plain.choice.rejected if one.group.startswith("it is there")}
        assert reasons == {f"a3-highgpu-{n}g": "it is there as a spot machine only" for n in (1, 2, 4)}
        assert on_vertex(of_text("H100", spot=True)).machine == "a3-highgpu-1g"

    @pytest.mark.parametrize(
        ("asked", "machine", "topology"),
        [
            ("TPU-v5e:1", "ct5lp-hightpu-1t", "1x1"),
            ("TPU-v6e:4", "ct6e-standard-4t", "2x2"),
            ("TPU-v6e:5", "ct6e-standard-8t", "2x4"),
        ],
    )
    def test_tpus_have_a_topology_and_no_accelerator_type(self, asked: str, machine: str, topology: str) -> None:
        assert on_vertex(of_text(asked)).native["machineSpec"] == {"machineType": machine, "tpuTopology": topology}

    def test_legacy_tpus_have_an_accelerator_type(self) -> None:
        spec = on_vertex(of_text("TPU-v3:8")).native["machineSpec"]
        assert spec == {"machineType": "cloud-tpu", "acceleratorType": "TPU_V3", "acceleratorCount": 8}

    def test_n1_takes_as_many_accelerators_as_its_size_allows(self) -> None:
        offer = on_vertex(of_text("V100-16GB:4", "32"))
        assert offer.machine.startswith("n1-")
        assert on_vertex(of_text("V100-16GB:2", "32")).native["accelerator"]["count"] == "4"

    def test_gb200_needs_an_image_for_arm(self) -> None:
        assert any("linux/arm64" in remark for remark in on_vertex(of_text("GB200:4")).remarks)


class TestSageMaker:
    @pytest.mark.parametrize("gpu", ["T4", "L4", "A10G", "L40S:4", "H100", "RTX-PRO-6000", "V100-16GB"])
    def test_processing_where_it_can_be(self, gpu: str) -> None:
        assert on_sagemaker(of_text(gpu)).native["job"] == "Processing"

    @pytest.mark.parametrize(
        "gpu", ["A100-40GB", "A100-80GB:4", "H100:2", "H200", "B200", "B300", "V100-32GB", "Trainium", "Trainium2"]
    )
    def test_training_where_it_must_be(self, gpu: str) -> None:
        offer = on_sagemaker(of_text(gpu))
        assert offer.native["job"] == "Training"
        assert offer.remarks[0] == "as a Training job: no machine for Processing jobs fits"

    def test_spot_is_for_training_only(self) -> None:
        assert on_sagemaker(of_text("T4", spot=True)).native == {
            "job": "Training",
            "InstanceType": "ml.g4dn.xlarge",
            "EnableManagedSpotTraining": True,
        }

    def test_the_number_counts_and_not_the_name_of_the_size(self) -> None:
        assert on_sagemaker(of_text("RTX-PRO-6000:4")).machine == "ml.g7e.24xlarge"
        assert on_sagemaker(of_text("L4:4")).machine == "ml.g6.12xlarge"

    def test_inferentia_is_in_neither(self) -> None:
        with pytest.raises(MachineError, match="sagemaker has no machine with Inferentia2"):
            on_sagemaker(of_text("inf2"))

    def test_a_plain_step_gets_a_current_generation(self) -> None:
        assert on_sagemaker(of_text()).machine == "ml.m5.xlarge"
        assert on_sagemaker(of_text(cpu="4")).machine == "ml.c5.xlarge"

    def test_a_machine_for_training_goes_before_an_accelerator_that_nobody_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text(
            "provider,name,vcpu,memory_gib,accelerator,accelerator_count,traits,source\n"
            "sagemaker,ml.huge,400,4000,,,training,hearsay\n"
            "sagemaker,ml.huge-gpu,400,4000,T4,1,processing;training,hearsay\n"
        )
        update(tmp_path / "mine.csv", tmp_path)
        offer = on_sagemaker(of_text(cpu="390"), folder=tmp_path)
        assert (offer.machine, offer.native["job"]) == ("ml.huge", "Training")
        assert offer.remarks[0] == "as a Training job: the machines for Processing that fit have accelerators"


class TestAzure:
    def test_a_whole_machine_and_its_tier(self) -> None:
        assert on_azure(of_text("T4")).native == {"instance_type": "Standard_NC4as_T4_v3", "job_tier": "Standard"}
        assert on_azure(of_text("T4", spot=True)).native["job_tier"] == "Spot"

    def test_a_share_of_an_a10_is_not_one(self) -> None:
        offer = on_azure(of_text("A10"))
        assert offer.machine == "Standard_NV36ads_A10_v5"
        assert offer.choice is not None
        shares = [one.machine.name for one in offer.choice.rejected if one.group == "a share of an accelerator"]
        assert shares == [f"Standard_NV{size}ads_A10_v5" for size in (6, 12, 18)]

    def test_two_models_under_one_name_are_told_by_their_memory(self) -> None:
        assert on_azure(of_text("A100-40GB")).machine == "Standard_ND96asr_v4"
        assert on_azure(of_text("A100-80GB")).machine == "Standard_NC24ads_A100_v4"
        assert on_azure(of_text("H100-NVL")).machine == "Standard_NC40ads_H100_v5"

    def test_retired_machines_are_not_chosen(self) -> None:
        with pytest.raises(MachineError) as caught:
            on_azure(of_text("V100-16GB"))
        assert "it is retired" in str(caught.value)

    def test_gb200_needs_an_image_for_arm(self) -> None:
        assert on_azure(of_text("GB200")).remarks == (
            "it has 4 GB200, 1 was asked for",
            "its processor is an ARM one: the image must be made for linux/arm64",
        )

    def test_amd(self) -> None:
        assert on_azure(of_text("amd.com/gpu:8")).machine == "Standard_ND96isr_MI300X_v5"


@pytest.mark.parametrize("provider", ["vertex", "sagemaker", "azureml"])
class TestEveryProvider:
    def test_a_step_that_asks_for_nothing_gets_the_usual_size(self, provider: str) -> None:
        offer = chooser(provider)(of_text())
        assert offer.choice is not None
        machine = offer.choice.machine
        assert (machine.vcpu, machine.memory, machine.accelerator) == (4, 16 * 2**30, None)
        assert "the usual size, as nothing was asked for" in offer.remarks

    def test_an_offer_is_the_same_every_time(self, provider: str) -> None:
        request = of_text("nvidia.com/gpu", "4", "16Gi")
        assert offer_data(chooser(provider)(request)) == offer_data(chooser(provider)(request))

    def test_a_price_that_the_user_brings_is_in_the_plan(self, provider: str, tmp_path: Path) -> None:
        request = of_text("A100-80GB:8")
        name = chooser(provider)(request).machine
        (tmp_path / "mine.csv").write_text(
            f"provider,name,price_usd_hour,price_date,price_source\n{provider},{name},40.5,2026-11-01,an invoice\n"
        )
        update(tmp_path / "mine.csv", tmp_path)
        data = offer_data(chooser(provider)(request, folder=tmp_path))
        assert (data["machine"], data["price_per_hour"]) == (name, 40.5)
        assert data["size"]["price"] == {"usd_per_hour": 40.5, "date": "2026-11-01", "source": "an invoice"}


def test_answers_side_by_side() -> None:
    answers = offers(of_text("Trainium:16"))
    assert [answer.provider for answer in answers] == list(PROVIDERS)
    assert [answer.offer.machine if answer.offer else None for answer in answers] == [
        None, "ml.trn1.32xlarge", None, "aws.amazon.com/neuron",
    ]  # fmt: skip
    assert all(isinstance(answer.error, MachineError) for answer in answers if answer.offer is None)
