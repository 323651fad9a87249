"""The smallest and cheapest machine that fits a request, with what else would fit and why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any, Final

from kfbridge.errors import MachineError
from kfbridge.machines.accelerators import Accelerator, Partition
from kfbridge.machines.machine import Machine
from kfbridge.machines.quantity import show_cpu, show_memory
from kfbridge.machines.request import MachineRequest

Allow = Callable[[Machine], "str | None"]
"""Why a provider's rules keep a machine from being used, as ``it is retired``; None where they do not."""

UNASKED: Final = "an accelerator that was not asked for"
ABSENT: Final = "no accelerator"
OTHER: Final = "another accelerator"
SHARE: Final = "a share of an accelerator"
FEW: Final = "too few accelerators"
ARM: Final = "an ARM processor"
NO_CPU: Final = "unknown number of vCPU"
CPU: Final = "too few vCPU"
NO_MEMORY: Final = "unknown memory"
MEMORY: Final = "too little memory"

_REASONS: Final[dict[str, Callable[[MachineRequest, Machine], str]]] = {
    UNASKED: lambda request, machine: f"it has {machine.accelerators}, which was not asked for",
    ABSENT: lambda request, machine: "it has no accelerator",
    OTHER: lambda request, machine: f"it has {machine.accelerators}",
    SHARE: lambda request, machine: f"it has {machine.accelerators}",
    FEW: lambda request, machine: f"it has {machine.count} of {request.count} {_model(machine)}",
    ARM: lambda request, machine: "its processor is an ARM one, and its accelerator was not named",
    NO_CPU: lambda request, machine: "nobody publishes how many vCPU it has",
    CPU: lambda request, machine: f"it has {show_cpu(_cpu(machine))} of {show_cpu(request.cpu or Fraction(0))} vCPU",
    NO_MEMORY: lambda request, machine: "nobody publishes how much memory it has",
    MEMORY: lambda request, machine: (
        f"it has {show_memory(machine.memory or 0)} of {show_memory(request.memory or 0)} of memory"
    ),
}
"""What is wrong with a machine, as a sentence about it; a provider's rule speaks for itself."""

_SHORTFALLS: Final[dict[str, Callable[[MachineRequest, Machine], Fraction]]] = {
    UNASKED: lambda request, machine: Fraction(0),
    ABSENT: lambda request, machine: Fraction(10),
    OTHER: lambda request, machine: Fraction(10),
    SHARE: lambda request, machine: 1 - machine.count / request.count,
    FEW: lambda request, machine: 1 - machine.count / request.count,
    CPU: lambda request, machine: 1 - _cpu(machine) / (request.cpu or 1),
    MEMORY: lambda request, machine: 1 - Fraction(machine.memory or 0, request.memory or 1),
}
"""How far a machine is from what was asked for, as a share of it; 1 for what is not listed."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A machine that does not fit a request.

    `groups` says why in words that it shares with others: ``too few accelerators``, a provider's rule.
    """

    machine: Machine
    groups: tuple[str, ...]
    request: MachineRequest

    @property
    def group(self) -> str:
        """The first of the groups."""
        return self.groups[0]

    @property
    def reason(self) -> str:
        """Why, about this machine: ``it has 2 of 4 L4, and it has 8 of 16 vCPU``."""
        return _told(self.groups, self.request, self.machine)


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer: a machine, those that would do as well (best first), and those that would not."""

    machine: Machine
    runners_up: tuple[Machine, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    remarks: tuple[str, ...] = ()


def choose(request: MachineRequest, machines: Iterable[Machine], *, allow: Allow | None = None) -> Choice:
    """The machine for a request.

    The cheapest, where every machine that fits has a price; else the one with the fewest accelerators, then the least
    memory, then the fewest processors, then the newest accelerator, then the first by name, and of a previous
    generation only where nothing else fits. A machine with accelerators is chosen for a request without any only where
    no other is large enough.

    Args:
        request: What is asked for.
        machines: What there is.
        allow: The provider's own rules.

    Raises:
        MachineError: None fits; the message names the nearest, and what it lacks.
    """
    judged = [(machine, tuple(_lacks(request, machine, allow))) for machine in machines]
    fitting = [machine for machine, lacks in judged if not lacks]
    remarks: tuple[str, ...] = ()
    if not fitting and request.accelerator is None:
        fitting = [machine for machine, lacks in judged if lacks == (UNASKED,)]
        remarks = ("no machine without accelerators is large enough",)
    if not fitting:
        raise _nothing_fits(request, judged)
    ranked = sorted(fitting, key=order(fitting))
    chosen = {id(machine) for machine in fitting}
    rejected = tuple(Rejected(machine, lacks, request) for machine, lacks in judged if id(machine) not in chosen)
    return Choice(ranked[0], tuple(ranked[1:]), rejected, remarks + _remarks(request, ranked[0]))


def order(machines: Iterable[Machine]) -> Callable[[Machine], tuple[Any, ...]]:
    """The key by which machines that all fit are sorted, the best first."""
    priced = all(machine.price is not None for machine in machines)

    def key(machine: Machine) -> tuple[Any, ...]:
        price = machine.price.usd_per_hour if machine.price is not None else inf
        return (
            price if priced else 0,
            "previous" in machine.traits,
            float(machine.count),  # floats are exact enough for sizes, and compare ten times as fast
            inf if machine.memory is None else machine.memory,
            inf if machine.vcpu is None else float(machine.vcpu),
            -machine.accelerator.order if machine.accelerator else 0,
            machine.name,
            price,
        )

    return key


def _lacks(request: MachineRequest, machine: Machine, allow: Allow | None) -> Iterator[str]:
    yield from _accelerator_lacks(request, machine)
    if request.cpu is not None:
        if machine.vcpu is None:
            yield NO_CPU
        elif machine.vcpu < request.cpu:
            yield CPU
    if request.memory is not None:
        if machine.memory is None:
            yield NO_MEMORY
        elif machine.memory < request.memory:
            yield MEMORY
    why_not = allow(machine) if allow is not None else None
    if why_not is not None:
        yield why_not


def _accelerator_lacks(request: MachineRequest, machine: Machine) -> Iterator[str]:
    wanted, has = request.accelerator, machine.accelerator
    if wanted is None:
        if has is not None:
            yield UNASKED
    elif has is None:
        yield ABSENT
    elif not wanted.accepts(has):
        yield OTHER
    elif machine.count < 1:
        yield SHARE
    elif machine.count < request.count:
        yield FEW
    if "arm64" in machine.traits and not isinstance(wanted, Accelerator):
        yield ARM


def _remarks(request: MachineRequest, machine: Machine) -> tuple[str, ...]:
    remarks = []
    if request.count and machine.count > request.count:
        asked = f"{request.count} {'was' if request.count == 1 else 'were'} asked for"
        remarks.append(f"it has {machine.count} {_model(machine)}, {asked}")
    if "arm64" in machine.traits:
        remarks.append("its processor is an ARM one: the image must be made for linux/arm64")
    if "previous" in machine.traits:
        remarks.append("the provider counts it as a previous generation")
    return tuple(remarks)


def _nothing_fits(request: MachineRequest, judged: Sequence[tuple[Machine, tuple[str, ...]]]) -> MachineError:
    provider = judged[0][0].provider if judged else "this provider"
    wanted = request.accelerator
    models = {machine.accelerator for machine, _ in judged if machine.accelerator and machine.count >= 1}
    if wanted is not None and not any(wanted.accepts(model) for model in models):
        known = ", ".join(model.name for model in sorted(models, key=lambda model: model.order))
        remedy = f"It has: {known}. A size that is missing here is added with kfbridge machines --update FILE.csv."
        if isinstance(wanted, Partition):
            remedy = "Parts of a GPU are handed out on Kubernetes only; ask for a whole one."
        return MachineError(f"{provider} has no machine with {wanted.name}.", backend=provider, remedy=remedy)
    reason = f"{provider} has no machine with {request}."
    if not judged:
        return MachineError(reason, backend=provider, remedy="Add one with kfbridge machines --update FILE.csv.")
    nearest, lacks = _nearest(request, judged)
    missing = _told([lack for lack in lacks if lack != UNASKED], request, nearest)
    return MachineError(
        reason, backend=provider, remedy=f"The nearest is {nearest}: {missing}. Ask for less, or split the step."
    )


def _nearest(
    request: MachineRequest, judged: Sequence[tuple[Machine, tuple[str, ...]]]
) -> tuple[Machine, tuple[str, ...]]:
    best = order(machine for machine, _ in judged)

    def distance(pair: tuple[Machine, tuple[str, ...]]) -> tuple[Fraction, tuple[Any, ...]]:
        machine, lacks = pair
        far = [_SHORTFALLS[lack](request, machine) if lack in _SHORTFALLS else Fraction(1) for lack in lacks]
        return sum(far, Fraction(0)), best(machine)

    return min(judged, key=distance)


def _told(groups: Iterable[str], request: MachineRequest, machine: Machine) -> str:
    return ", and ".join(_REASONS[group](request, machine) if group in _REASONS else group for group in groups)


def _model(machine: Machine) -> str:
    return machine.accelerator.name if machine.accelerator else ""


def _cpu(machine: Machine) -> Fraction:
    return machine.vcpu or Fraction(0)
