"""Machines on Vertex AI: a plain step says what it needs and Vertex picks; a custom job names the machine.

A plain step gets at most 96 processors and 624 GB, and neither spot nor a named machine (Vertex's page on machine
types for pipeline steps). `Offer.native` has ``form`` (``plain`` or ``custom-job``) and with it what the step's
resources, or the job's ``machineSpec`` and ``scheduling``, hold.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kfbridge.machines.choose import Choice
from kfbridge.machines.machine import Machine
from kfbridge.machines.offer import Offer, select
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.quantity import GIB
from kfbridge.machines.request import MachineRequest
from kfbridge.machines.topology import tpu_topology

PLAIN: Final = "plain"
CUSTOM_JOB: Final = "custom-job"
PLAIN_CPU: Final = 96
PLAIN_MEMORY: Final = 624 * 10**9
"""Bytes: the limit for what is asked, in the unit of ``memoryLimit``."""
_PLAIN_SIZE: Final = 624 * GIB
"""Bytes: the largest machine behind a plain step (n1-highmem-96, whose published 624 GB are GiB)."""
_SPOT: Final = "SPOT"  # Scheduling.Strategy of a CustomJob


def choose(request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
    """The machine for a step, and the form that the step takes; see `kfbridge.machines.offer.Chooser`."""
    choice = select("vertex", request, overrides, folder, lambda machine, named: _why_not(machine, request, named))
    named = overrides.find(request) is not None
    reason = _why_custom(request, choice.machine, named)
    remark = f"as a custom job: {reason}" if reason else "Vertex picks the machine; this is the smallest that fits"
    native = _custom_job(request, choice) if reason else _plain(choice)
    return Offer("vertex", request, choice.machine.name, choice, native, (remark, *choice.remarks))


def _why_not(machine: Machine, request: MachineRequest, named: bool) -> str | None:
    if "spot-only" in machine.traits and not request.spot:
        return "it is there as a spot machine only"
    return "it is retired" if "retired" in machine.traits and not named else None


def _why_custom(request: MachineRequest, machine: Machine, named: bool) -> str | None:
    """Why a plain step will not do; None where it does."""
    if named:
        return "the machine is named"
    if request.spot:
        return "it is to be a spot machine"
    if machine.accelerator is not None and machine.accelerator.vendor == "google":
        return "a TPU needs its machine type and topology"
    if machine.accelerator is not None and not machine.native_accelerator:
        return "plain steps have no name for its accelerator"
    too_large = (machine.vcpu or 0) > PLAIN_CPU or (machine.memory or 0) > _PLAIN_SIZE
    if too_large or (request.memory or 0) > PLAIN_MEMORY:
        return f"plain steps get at most {PLAIN_CPU} vCPU and {PLAIN_MEMORY // 10**9} GB"
    return None


def _plain(choice: Choice) -> dict[str, Any]:
    machine = choice.machine
    if machine.accelerator is None:
        return {"form": PLAIN}
    return {"form": PLAIN, "accelerator": {"type": machine.native_accelerator, "count": str(machine.count)}}


def _custom_job(request: MachineRequest, choice: Choice) -> dict[str, Any]:
    machine = choice.machine
    spec: dict[str, Any] = {"machineType": machine.name}
    topology = tpu_topology(machine.accelerator.name, int(machine.count)) if machine.accelerator else None
    if topology is not None:  # the machine type says the rest; v6e has no AcceleratorType at all
        spec["tpuTopology"] = topology
    elif machine.accelerator is not None:
        spec |= {"acceleratorType": machine.native_accelerator, "acceleratorCount": int(machine.count)}
    scheduling = {"scheduling": {"strategy": _SPOT}} if request.spot else {}
    return {"form": CUSTOM_JOB, "machineSpec": spec, **scheduling}
