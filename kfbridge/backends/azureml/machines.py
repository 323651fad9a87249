"""Machines on Azure ML: a step gets a whole virtual machine, by its size.

Sizes with a share of a GPU (NVads A10 v5) never stand in for a whole one. `Offer.native` has ``instance_type``, which
serverless compute takes (a named cluster has its own), and ``job_tier`` for ``queue_settings``.
"""

from __future__ import annotations

from pathlib import Path

from kfbridge.machines.machine import Machine
from kfbridge.machines.offer import Offer, select
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest


def choose(request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
    """The size for a step; see `kfbridge.machines.offer.Chooser`."""
    choice = select("azureml", request, overrides, folder, _why_not)
    native = {"instance_type": choice.machine.name, "job_tier": "Spot" if request.spot else "Standard"}
    return Offer("azureml", request, choice.machine.name, choice, native, choice.remarks)


def _why_not(machine: Machine, named: bool) -> str | None:
    return "it is retired" if "retired" in machine.traits and not named else None
