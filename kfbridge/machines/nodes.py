"""Which Kubernetes nodes have an accelerator, as terms of a node affinity: one for each flavour of cluster.

A pod may carry several terms; a node that meets one of them will do. So the same pod runs on GKE, on EKS with
Karpenter, on a cluster with NVIDIA's or AMD's operator, or on one that knows nothing but instance types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.machines.accelerators import Accelerator, every
from kfbridge.machines.labels import AKS, AMD, EKS, GFD, GKE, KARPENTER, NodeLabel, labels, selecting
from kfbridge.machines.table import shipped_machines
from kfbridge.machines.topology import tpu_topology

INSTANCE_TYPE: Final = "node.kubernetes.io/instance-type"
_KARPENTER_MEMORY: Final = "karpenter.k8s.aws/instance-gpu-memory"  # MiB of each GPU
_TPU_TOPOLOGY: Final = "cloud.google.com/gke-tpu-topology"
_CLOUDS: Final = {EKS: ("sagemaker", "ml."), AKS: ("azureml", "")}
"""Whose sizes are a cluster's instance types, and the prefix that they have there."""
_SPOT_RECALLED: Final = {
    KARPENTER: ("karpenter.sh/capacity-type", "spot"),
    EKS: ("eks.amazonaws.com/capacityType", "SPOT"),
}
"""Recalled from the pages of Karpenter and EKS; GKE's and AKS's labels stand in the table."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a term: ``key In values``, ``key Gt value``."""

    key: str
    values: tuple[str, ...]
    operator: str = "In"

    def to_data(self) -> dict[str, Any]:
        """As Kubernetes writes it."""
        return {"key": self.key, "operator": self.operator, "values": list(self.values)}


Term = tuple[Requirement, ...]
"""Requirements that a node must meet all of."""


def terms(accelerator: Accelerator, count: int) -> dict[str, Term]:
    """The term of each flavour that can tell nodes with so many of an accelerator, the most exact flavour first."""
    found = {flavour: build(flavour, accelerator, count) for flavour, build in FLAVOURS.items()}
    return {flavour: term for flavour, term in found.items() if term}


def told_by_resource(accelerator: Accelerator) -> bool:
    """Whether the extended resource is that model's own (``habana.ai/gaudi``), so that no label is needed."""
    return any(row.resource and not row.key and accelerator.name in row.accelerators for row in labels())


def spot_labels() -> dict[str, Requirement]:
    """The label of spot nodes, by flavour."""
    rows = {row.flavour: (row.key, row.values[0]) for row in labels() if row.subject == "spot"}
    return {flavour: Requirement(key, (value,)) for flavour, (key, value) in {**rows, **_SPOT_RECALLED}.items()}


def _by_label(flavour: str, accelerator: Accelerator, count: int) -> Term:
    """All values of the one label that tells the model, such as ``nvidia.com/gpu.product`` with several products."""
    rows = selecting(flavour, accelerator.name)
    if not rows:
        return ()
    values = tuple(value for row in rows for value in row.values_for(accelerator.name))
    return (Requirement(rows[0].key, values), *_apart(rows[0], accelerator))


def _apart(row: NodeLabel, accelerator: Accelerator) -> Term:
    """Karpenter calls every A100 and every V100 alike: there the memory tells."""
    if len(row.accelerators) < 2 or len(row.values) > 1:
        return ()
    sizes = [every()[name].memory_gib for name in row.accelerators]
    between = str(int(sum(sizes) / len(sizes) * 1024))
    operator = "Gt" if accelerator.memory_gib == max(sizes) else "Lt"
    return (Requirement(_KARPENTER_MEMORY, (between,), operator),)


def _on_gke(flavour: str, accelerator: Accelerator, count: int) -> Term:
    term = _by_label(flavour, accelerator, count)
    topology = tpu_topology(accelerator.name, count)
    if accelerator.vendor != "google" or not term:
        return term
    return (*term, Requirement(_TPU_TOPOLOGY, (topology,))) if topology else ()


def _by_type(flavour: str, accelerator: Accelerator, count: int) -> Term:
    """The types in the table, and every other size of that cloud that has enough of them."""
    provider, prefix = _CLOUDS[flavour]
    sizes = tuple(
        machine.name.removeprefix(prefix)
        for machine in shipped_machines(provider)
        if machine.accelerator == accelerator and machine.count >= max(count, 1) and "retired" not in machine.traits
    )
    return (Requirement(INSTANCE_TYPE, sizes),) if sizes else ()


FLAVOURS: Final[Mapping[str, Callable[[str, Accelerator, int], Term]]] = {
    GKE: _on_gke,
    KARPENTER: _by_label,
    GFD: _by_label,
    AMD: _by_label,
    EKS: _by_type,
    AKS: _by_type,
}
"""The flavours, the most exact first, and how each tells its nodes."""
