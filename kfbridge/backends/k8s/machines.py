"""Nodes on Kubernetes: no machine is chosen, but what a pod must say to land on one that fits.

That is an extended resource, a node affinity and tolerations. `Offer.native` has ``resources``, ``affinity`` and
``tolerations`` in the words of a pod; ``requests`` in it are what was asked for, for steps that say no more themselves.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from kfbridge.errors import MachineError, RequestError
from kfbridge.machines.accelerators import Accelerator, AnyOf, Partition, Wanted
from kfbridge.machines.labels import AKS
from kfbridge.machines.nodes import FLAVOURS, INSTANCE_TYPE, Requirement, Term, spot_labels, terms, told_by_resource
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import CPU, NONE, Overrides
from kfbridge.machines.quantity import format_cpu, format_memory
from kfbridge.machines.request import MachineRequest, parse_gpu
from kfbridge.machines.topology import tpu_counts

DRA: Final = "dra"
_DEVICE_CLASSES: Final = {"nvidia": "gpu.nvidia.com"}  # of NVIDIA's DRA driver
_RESOURCES: Final = {
    "nvidia": "nvidia.com/gpu",
    "amd": "amd.com/gpu",
    "google": "google.com/tpu",
    "aws": "aws.amazon.com/neuron",
    "intel": "habana.ai/gaudi",
}
"""What the makers' device plugins call their devices."""
_AKS_GPU: Final = {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}  # AKS's own example
_AKS_SPOT: Final = {
    "key": "kubernetes.azure.com/scalesetpriority", "operator": "Equal", "value": "spot", "effect": "NoSchedule",
}  # fmt: skip
_LABEL: Final = re.compile(r"(?:[a-z0-9.-]{1,253}/)?[\w.-]{1,63}=[\w.-]{0,63}")


def choose(
    request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None, *, flavour: str | None = None
) -> Offer:
    """What a pod must say; see `kfbridge.machines.offer.Chooser`.

    Args:
        request: What a step asks for.
        overrides: By accelerator, or ``cpu``: labels (``key=value,key=value``) or an instance type.
        folder: Not used: a cluster has no table of sizes.
        flavour: The kind of cluster (`FLAVOURS`, or ``dra``); None makes a pod that fits any of them.

    Raises:
        MachineError: The flavour cannot tell such nodes.
        RequestError: An override cannot be read, or there is no such flavour.
    """
    if flavour not in (None, DRA, *FLAVOURS):
        known = ", ".join((*FLAVOURS, DRA))
        raise RequestError(f"There is no flavour of Kubernetes called {flavour!r}.", remedy=f"There are: {known}.")
    if flavour == DRA and request.accelerator is not None:
        return _claim(request)
    named = _named(request, overrides)
    alternatives = _alternatives(request, flavour, named)
    native = {"resources": _resources(request), **_affinity(alternatives), **_tolerations(request, flavour)}
    machine = _resource(request.accelerator) if request.accelerator else "any node"
    return Offer("k8s", request, machine, None, native, _remarks(request, alternatives))


def _alternatives(request: MachineRequest, flavour: str | None, named: Term) -> list[Term]:
    """One term for each flavour that can say it, in their order; none where any node will do."""
    found, wanted = dict.fromkeys(FLAVOURS, named), request.accelerator
    if isinstance(wanted, Accelerator) and not named and not told_by_resource(wanted):
        found = terms(wanted, request.count)
    elif isinstance(wanted, AnyOf) and wanted.vendor == "google" and not named:
        raise _cannot(request, "GKE wants to be told which TPU", "Name one, such as TPU-v5e.")
    if flavour is not None:
        found = {name: term for name, term in found.items() if name == flavour}
    if request.spot:
        spot = spot_labels()
        found = {name: (*term, spot[name]) for name, term in found.items() if name in spot}
    if not found:
        raise _cannot(request, _why_none(request, flavour), "Name a label under [targets.NAME.machines]: key=value.")
    return list(dict.fromkeys(term for term in found.values() if term))


def _why_none(request: MachineRequest, flavour: str | None) -> str:
    accelerator = request.accelerator.name if request.accelerator else ""
    counts = tpu_counts(accelerator)
    if counts and request.count not in counts:
        return f"one host has {' or '.join(map(str, counts))} of them"
    which = "spot nodes" if request.spot else "such nodes"
    return f"no label is known by which {which} are told on {flavour or 'any flavour of Kubernetes'}"


def _named(request: MachineRequest, overrides: Overrides) -> Term:
    """The term that the target's section gives; empty without one."""
    for key, value in overrides.entries.items():
        if key != CPU:
            parse_gpu(key, overrides.place(key))
        if "=" in value and not all(_LABEL.fullmatch(part.strip()) for part in value.split(",")):
            raise RequestError(
                f"{value!r} is neither labels nor an instance type.",
                where=overrides.place(key),
                remedy="Write key=value, several with commas, or the name of an instance type.",
            )
    entry = overrides.find(request)
    if entry is None:
        return ()
    pairs = entry[1] if "=" in entry[1] else f"{INSTANCE_TYPE}={entry[1]}"
    split = (part.strip().partition("=") for part in pairs.split(","))
    return tuple(Requirement(key, (value,)) for key, _, value in split)


def _resource(wanted: Wanted) -> str:
    return wanted.resource if isinstance(wanted, Partition) else _RESOURCES[wanted.vendor]


def _resources(request: MachineRequest) -> dict[str, Any]:
    requests = {
        "cpu": format_cpu(request.cpu) if request.cpu else None,
        "memory": format_memory(request.memory) if request.memory else None,
    }
    limits = {_resource(request.accelerator): str(request.count)} if request.accelerator else {}
    said = {"requests": {name: amount for name, amount in requests.items() if amount}, "limits": limits}
    return {name: amounts for name, amounts in said.items() if amounts}


def _affinity(alternatives: list[Term]) -> dict[str, Any]:
    if not alternatives:
        return {}
    found = [{"matchExpressions": [requirement.to_data() for requirement in term]} for term in alternatives]
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": found}}}
    }


def _tolerations(request: MachineRequest, flavour: str | None) -> dict[str, Any]:
    """Taints that keep other pods away from such nodes: named after the resource, and AKS's own."""
    found: list[dict[str, str]] = []
    vendor = getattr(request.accelerator, "vendor", "nvidia")  # parts of GPUs are NVIDIA's
    if request.accelerator is not None:
        found.append({"key": _RESOURCES[vendor], "operator": "Exists", "effect": "NoSchedule"})
    if flavour in (None, AKS):
        found += [_AKS_GPU] if request.accelerator is not None and vendor in ("nvidia", "amd") else []
        found += [_AKS_SPOT] if request.spot else []
    return {"tolerations": found} if found else {}


def _claim(request: MachineRequest) -> Offer:
    """Devices by Dynamic Resource Allocation (``resource.k8s.io/v1``), as far as their classes are known."""
    wanted = request.accelerator
    if not isinstance(wanted, AnyOf) or wanted.vendor not in _DEVICE_CLASSES:
        raise _cannot(request, "no device class is known for it", "Ask for nvidia.com/gpu, or leave flavour out.")
    device_class = _DEVICE_CLASSES[wanted.vendor]
    devices = {"requests": [{"name": "devices", "exactly": {"deviceClassName": device_class, "count": request.count}}]}
    native = {"resources": {}, "resourceClaims": [{"name": "devices", "spec": {"devices": devices}}]}
    return Offer("k8s", request, device_class, None, native, ("claimed from a device class (DRA)",))


def _remarks(request: MachineRequest, alternatives: list[Term]) -> tuple[str, ...]:
    if not alternatives:
        return () if request.accelerator is None else ("whichever node has it",)
    told = [", ".join(_said(requirement) for requirement in term) for term in alternatives]
    return tuple(f"{'or nodes' if number else 'nodes'} with {text}" for number, text in enumerate(told))


def _said(requirement: Requirement) -> str:
    sign = {"In": "=", "Gt": ">", "Lt": "<"}[requirement.operator]
    more = f" (and {len(requirement.values) - 2} more)" if len(requirement.values) > 2 else ""
    return f"{requirement.key}{sign}{'|'.join(requirement.values[:2])}{more}"


def _cannot(request: MachineRequest, reason: str, remedy: str) -> MachineError:
    return MachineError(f"k8s has no nodes with {request}: {reason}.", backend="k8s", remedy=remedy)
