"""Machines on SageMaker: a Processing job where its instance types allow, a Training job where only that will do.

Which types each kind of job takes is in the table (botocore's service model). Managed spot exists for Training jobs
only. `Offer.native` has ``job`` (``Processing`` or ``Training``) and ``InstanceType``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kfbridge.errors import MachineError
from kfbridge.machines.choose import Choice
from kfbridge.machines.machine import Machine
from kfbridge.machines.offer import Offer, select
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest

PROCESSING: Final = "Processing"
TRAINING: Final = "Training"
_NONE: Final = "no machine for Processing jobs fits"


def choose(request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
    """The machine for a step, and the kind of job that the step becomes; see `kfbridge.machines.offer.Chooser`."""
    job, choice, remark = _kind(request, overrides, folder)
    native: dict[str, object] = {"job": job, "InstanceType": choice.machine.name}
    if request.spot:
        native["EnableManagedSpotTraining"] = True
    return Offer("sagemaker", request, choice.machine.name, choice, native, (remark, *choice.remarks))


def _kind(request: MachineRequest, overrides: Overrides, folder: Path | None) -> tuple[str, Choice, str]:
    if request.spot:
        return TRAINING, _select(TRAINING, request, overrides, folder), "as a Training job: only those can be spot"
    try:
        processing = _select(PROCESSING, request, overrides, folder)
    except MachineError:
        return TRAINING, _select(TRAINING, request, overrides, folder), f"as a Training job: {_NONE}"
    if processing.machine.accelerator and request.accelerator is None:
        training = _select(TRAINING, request, overrides, folder)
        if training.machine.accelerator is None:
            return TRAINING, training, "as a Training job: the machines for Processing that fit have accelerators"
    return PROCESSING, processing, "as a Processing job"


def _select(job: str, request: MachineRequest, overrides: Overrides, folder: Path | None) -> Choice:
    trait = job.lower()

    def why_not(machine: Machine, named: bool) -> str | None:
        if trait not in machine.traits:
            return f"it is not for {job} jobs"
        return "it is retired" if "retired" in machine.traits and not named else None

    return select("sagemaker", request, overrides, folder, why_not)
