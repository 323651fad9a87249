"""One name for each accelerator, whatever it is called elsewhere."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kfbridge.errors import RequestError
from kfbridge.machines.accelerators import Accelerator, AnyOf, Partition, every, find, model


@pytest.mark.parametrize("name", every())
def test_every_name_means_itself(name: str) -> None:
    assert find(name) is every()[name]


AMBIGUOUS = {"A100", "V100", "v100"}
ALIASES = [(alias, one.name) for one in every().values() for alias in one.aliases if alias not in AMBIGUOUS]


@pytest.mark.parametrize(("alias", "name"), ALIASES, ids=[alias for alias, _ in ALIASES])
def test_every_alias_of_the_table_leads_to_its_accelerator(alias: str, name: str) -> None:
    assert find(alias).name == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a100 80gb", "A100-80GB"),
        ("A100_80GB", "A100-80GB"),
        ("  l4 ", "L4"),
        ("nvidia l40s", "L40S"),
        ("NVIDIA A100 80GB", "A100-80GB"),
        ("H100", "H100-80GB"),
        ("NVIDIA H100", "H100-80GB"),
        ("amd instinct mi300x", "MI300X"),
        ("TPU v5e", "TPU-v5e"),
        ("AWS Trainium", "Trainium"),
        ("habana.ai/gaudi", "Gaudi"),
        ("cloud-tpus.google.com/v3", "TPU-v3"),
    ],
)
def test_case_spaces_dashes_and_the_maker_do_not_count(name: str, expected: str) -> None:
    assert find(name).name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA_TESLA_A100", "A100-40GB"),
        ("nvidia-tesla-a100", "A100-40GB"),
        ("NVIDIA_A100_80GB", "A100-80GB"),
        ("NVIDIA_TESLA_V100", "V100-16GB"),
    ],
)
def test_a_platforms_own_name_is_never_ambiguous(name: str, expected: str) -> None:
    assert find(name).name == expected


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("A100", "A100-40GB or A100-80GB"),
        ("a100", "A100-40GB or A100-80GB"),
        ("NVIDIA A100", "A100-40GB or A100-80GB"),
        ("V100", "V100-16GB or V100-32GB"),
        ("Tesla V100", "V100-16GB or V100-32GB"),
    ],
)
def test_a_name_of_two_models_is_refused(name: str, candidates: str) -> None:
    with pytest.raises(RequestError) as caught:
        find(name, where="--gpu")
    assert str(caught.value) == (
        f"--gpu: The accelerator {name!r} is ambiguous: it can be {candidates}.\n  Write {candidates}."
    )


@pytest.mark.parametrize(
    ("name", "memory", "expected"),
    [
        ("NVIDIA A100", "40", "A100-40GB"),
        ("NVIDIA A100", "80.0", "A100-80GB"),
        ("NVIDIA V100", "32", "V100-32GB"),
        ("NVIDIA H100", "80", "H100-80GB"),
        ("NVIDIA H100", "94", "H100-NVL"),
        ("NVIDIA L4", "22.4", "L4"),
        ("NVIDIA L40S", "44.7", "L40S"),
        ("NVIDIA B300", "268.6", "B300"),
    ],
)
def test_the_memory_tells_models_apart(name: str, memory: str, expected: str) -> None:
    assert find(name, Fraction(memory)).name == expected


def test_a_memory_that_fits_no_model_leaves_the_name_ambiguous() -> None:
    with pytest.raises(RequestError, match="is ambiguous"):
        find("A100", Fraction(60))


def test_a_memory_that_contradicts_the_name_is_refused() -> None:
    with pytest.raises(RequestError, match="The accelerator 'T4' has 16 GiB, not 24"):
        find("T4", Fraction(24))


@pytest.mark.parametrize(
    ("name", "vendor"),
    [("nvidia.com/gpu", "nvidia"), ("amd.com/gpu", "amd"), ("TPU", "google"), ("google.com/tpu", "google"),
     ("aws.amazon.com/neuron", "aws")],
)  # fmt: skip
def test_any_model_of_a_maker(name: str, vendor: str) -> None:
    wanted = find(name)
    assert isinstance(wanted, AnyOf)
    accepted = {one.vendor for one in every().values() if wanted.accepts(one)}
    assert accepted == {vendor}


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("nvidia.com/mig-1g.10gb", "nvidia.com/mig-1g.10gb"),
        ("MIG-3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", "nvidia.com/mig-1g.10gb"),
        ("nvidia.com/gpu.shared", "nvidia.com/gpu.shared"),
    ],
)
def test_a_part_of_a_gpu_is_no_whole_one(name: str, resource: str) -> None:
    part = find(name)
    assert isinstance(part, Partition)
    assert part.resource == resource
    assert not any(part.accepts(one) for one in every().values())


@pytest.mark.parametrize(
    ("typo", "meant"), [("A100-80BG", "A100-80GB"), ("H200-141", "H200-141GB"), ("Trainum", "Trainium")]
)
def test_a_misspelt_name_gets_the_nearest(typo: str, meant: str) -> None:
    with pytest.raises(RequestError, match=f"There is no accelerator called '{typo}'.\n  Did you mean '{meant}'?"):
        find(typo)


@pytest.mark.parametrize("name", ["", "-", "quantum", "nvidia x", "x" * 5000])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(RequestError, match="There is no accelerator called") as caught:
        find(name)
    assert len(caught.value.reason) < 120


def test_a_table_needs_a_model() -> None:
    with pytest.raises(RequestError, match="is no model of an accelerator"):
        model("nvidia.com/gpu")
    assert isinstance(model("T4"), Accelerator)
