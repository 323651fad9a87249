"""A size of machine that a provider has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from kfbridge.machines.accelerators import Accelerator
from kfbridge.machines.quantity import show_cpu, show_memory

TRAITS: Final = {
    "processing": "SageMaker has it for Processing jobs",
    "training": "SageMaker has it for Training jobs",
    "arm64": "its processor is an ARM one: images for amd64 do not run on it",
    "spot-only": "the provider has it as a spot machine only",
    "previous": "the provider counts it as a previous generation; it comes after the others",
    "retired": "the provider no longer starts it",
}
"""What can be said of a size beyond its figures."""


@dataclass(frozen=True, slots=True)
class Price:
    """What an hour costs, on demand, in US dollars; when that was so, and who says it."""

    usd_per_hour: Fraction
    date: date
    source: str


@dataclass(frozen=True, slots=True)
class Machine:
    """One size; on Vertex, one size with one choice of accelerators.

    Attributes:
        provider: ``vertex``, ``sagemaker`` or ``azureml``.
        name: The provider's own name.
        vcpu: Virtual processors; None where the provider publishes no figure.
        memory: Bytes; None where the provider publishes no figure.
        accelerator: The model of its accelerators, None without.
        count: How many accelerators; a fraction (1/6) where only a share of one belongs to it.
        accelerator_memory_gib: The provider's own figure for the memory of each (of the share, for a share).
        native_accelerator: The provider's name for the accelerator (Vertex's ``AcceleratorType``), empty without.
        traits: Some of `TRAITS`.
        price: None where nobody has given one.
        source: Where the figures come from.
    """

    provider: str
    name: str
    vcpu: Fraction | None
    memory: int | None
    accelerator: Accelerator | None = None
    count: Fraction = Fraction(0)
    accelerator_memory_gib: Fraction | None = None
    native_accelerator: str = ""
    traits: frozenset[str] = frozenset()
    price: Price | None = None
    source: str = ""

    @property
    def key(self) -> tuple[str, str, Fraction]:
        """What tells it from the provider's others: name, accelerator (empty without) and count."""
        return (self.name, self.accelerator.name if self.accelerator else "", self.count)

    @property
    def accelerators(self) -> str:
        """``4 x A100-80GB``, ``1/6 of an A10``, empty without."""
        if self.accelerator is None:
            return ""
        name = self.accelerator.name
        return f"{self.count} x {name}" if self.count >= 1 else f"{self.count} of one {name}"

    def __str__(self) -> str:
        """``a2-ultragpu-4g (48 vCPU, 680 GiB, 4 x A100-80GB)``."""
        parts = (
            f"{show_cpu(self.vcpu)} vCPU" if self.vcpu is not None else "",
            show_memory(self.memory) if self.memory is not None else "",
            self.accelerators,
        )
        return f"{self.name} ({', '.join(part for part in parts if part)})"
