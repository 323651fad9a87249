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


@dataclass(frozen=True, slots=True)
class Rejected:
    """A machine that does not fit.

    Attributes:
        machine: The machine.
        reason: Why, about this machine: ``it has 2 of 4 L4``.
        group: What it has in common with others that are rejected alike: ``too few accelerators``.
    """

    machine: Machine
    reason: str
    group: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer: a machine, those that would do as well (best first), and those that would not."""

    machine: Machine
    runners_up: tuple[Machine, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lack:
    """What is wrong with a machine; `shortfall` is its share of what was asked for, for the nearest one."""

    group: str
    reason: str
    shortfall: Fraction


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
    judged = [(machine, list(_lacks(request, machine, allow))) for machine in machines]
    fitting = [machine for machine, lacks in judged if not lacks]
    remarks: tuple[str, ...] = ()
    if not fitting and request.accelerator is None:
        fitting = [machine for machine, lacks in judged if [lack.group for lack in lacks] == [UNASKED]]
        remarks = ("no machine without accelerators is large enough",)
    if not fitting:
        raise _nothing_fits(request, judged)
    ranked = sorted(fitting, key=order(fitting))
    chosen = {id(machine) for machine in fitting}
    rejected = tuple(
        Rejected(machine, ", and ".join(lack.reason for lack in lacks), lacks[0].group)
        for machine, lacks in judged
        if id(machine) not in chosen
    )
    return Choice(ranked[0], tuple(ranked[1:]), rejected, remarks + _remarks(request, ranked[0]))


def order(machines: Iterable[Machine]) -> Callable[[Machine], tuple[Any, ...]]:
    """The key by which machines that all fit are sorted, the best first."""
    priced = all(machine.price is not None for machine in machines)

    def key(machine: Machine) -> tuple[Any, ...]:
        return (
            machine.price.usd_per_hour if priced and machine.price is not None else 0,
            "previous" in machine.traits,
            machine.count,
            inf if machine.memory is None else machine.memory,
            inf if machine.vcpu is None else machine.vcpu,
            -machine.accelerator.order if machine.accelerator else 0,
            machine.name,
        )

    return key


def _lacks(request: MachineRequest, machine: Machine, allow: Allow | None) -> Iterator[_Lack]:
    yield from _accelerator_lacks(request, machine)
    if request.cpu is not None and machine.vcpu is None:
        yield _Lack("unknown figures", "nobody publishes how many vCPU it has", Fraction(1))
    elif request.cpu is not None and machine.vcpu is not None and machine.vcpu < request.cpu:
        reason = f"it has {show_cpu(machine.vcpu)} of {show_cpu(request.cpu)} vCPU"
        yield _Lack("too few vCPU", reason, 1 - machine.vcpu / request.cpu)
    if request.memory is not None and machine.memory is None:
        yield _Lack("unknown figures", "nobody publishes how much memory it has", Fraction(1))
    elif request.memory is not None and machine.memory is not None and machine.memory < request.memory:
        reason = f"it has {show_memory(machine.memory)} of {show_memory(request.memory)} of memory"
        yield _Lack("too little memory", reason, 1 - Fraction(machine.memory, request.memory))
    why_not = allow(machine) if allow is not None else None
    if why_not is not None:
        yield _Lack(why_not, why_not, Fraction(1, 2))


def _accelerator_lacks(request: MachineRequest, machine: Machine) -> Iterator[_Lack]:
    wanted, has = request.accelerator, machine.accelerator
    if wanted is None:
        if has is not None:
            yield _Lack(UNASKED, f"it has {machine.accelerators}, which was not asked for", Fraction(0))
    elif has is None:
        yield _Lack("no accelerator", "it has no accelerator", Fraction(10))
    elif not wanted.accepts(has):
        yield _Lack("another accelerator", f"it has {machine.accelerators}", Fraction(10))
    elif machine.count < 1:
        yield _Lack("a share of an accelerator", f"it has {machine.accelerators}", 1 - machine.count / request.count)
    elif machine.count < request.count:
        reason = f"it has {machine.count} of {request.count} {has.name}"
        yield _Lack("too few accelerators", reason, 1 - machine.count / request.count)
    if "arm64" in machine.traits and not isinstance(wanted, Accelerator):
        yield _Lack("an ARM processor", "its processor is an ARM one, and its accelerator was not named", Fraction(1))


def _remarks(request: MachineRequest, machine: Machine) -> tuple[str, ...]:
    remarks = []
    if request.count and machine.count > request.count:
        name = machine.accelerator.name if machine.accelerator else ""
        remarks.append(
            f"it has {machine.count} {name}, {request.count} {'was' if request.count == 1 else 'were'} asked for"
        )
    if "arm64" in machine.traits:
        remarks.append("its processor is an ARM one: the image must be made for linux/arm64")
    if "previous" in machine.traits:
        remarks.append("the provider counts it as a previous generation")
    return tuple(remarks)


def _nothing_fits(request: MachineRequest, judged: Sequence[tuple[Machine, list[_Lack]]]) -> MachineError:
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
    best = order(machine for machine, _ in judged)
    nearest, lacks = min(judged, key=lambda pair: (sum(lack.shortfall for lack in pair[1]), best(pair[0])))
    missing = ", and ".join(lack.reason for lack in lacks if lack.group != UNASKED or len(lacks) == 1)
    remedy = f"The nearest is {nearest}: {missing}. Ask for less, or split the step."
    return MachineError(reason, backend=provider, remedy=remedy)
