"""What tells one Kubernetes node from another: labels, resources and taints, by flavour of cluster.

``data/kubernetes.csv`` as it stands; rows that only describe a label (``1|2|4``, ``MiB as a number``) name no
accelerator here, or have no values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from kfbridge.errors import RequestError
from kfbridge.machines.accelerators import Accelerator, find
from kfbridge.machines.csvfile import Row, read_rows, shipped

GKE: Final = "gke"
KARPENTER: Final = "eks-karpenter"
GFD: Final = "gfd"
AMD: Final = "amd"
EKS: Final = "eks"
AKS: Final = "aks"

_GROUPS: Final = {
    "A100-40GB/80GB": ("A100-40GB", "A100-80GB"),
    "A100-80GB / H100-80GB": ("A100-80GB", "H100-80GB"),
    "Trainium/Inferentia": ("Trainium", "Inferentia2"),
    "V100": ("V100-16GB",),
}
"""Cells that name more than one model, or one that is a family elsewhere (all V100 here have 16 GB)."""
_KARPENTER_V100: Final = ("V100-16GB", "V100-32GB")  # there the label says no more than v100
_TAINT: Final = re.compile(r"([\w./-]+)(?:=([\w-]+))?:(NoSchedule|NoExecute|PreferNoSchedule)")


@dataclass(frozen=True, slots=True)
class NodeLabel:
    """One row.

    Attributes:
        flavour: ``gke``, ``eks-karpenter``, ``eks``, ``aks``, ``gfd``, ``mig``, ``amd``, ``intel``, ``habana``, ...
        subject: What it is about, as written: ``A100-40GB/80GB``, ``any GPU``, ``spot``.
        accelerators: The models that it selects; empty where it selects none in particular.
        resource: The extended resource that such a node has; empty without.
        key: The label.
        values: The values that select; empty where the cell describes instead.
        taint: Key, value and effect of the taint that such nodes carry unasked; None without.
        source: Where the row comes from.
    """

    flavour: str
    subject: str
    accelerators: tuple[str, ...]
    resource: str
    key: str
    values: tuple[str, ...]
    taint: tuple[str, str, str] | None
    source: str

    def values_for(self, accelerator: str) -> tuple[str, ...]:
        """The values that select one of its models; each has its own where there are as many."""
        if len(self.values) == len(self.accelerators) > 1:
            return (self.values[self.accelerators.index(accelerator)],)
        return self.values


@cache
def labels() -> tuple[NodeLabel, ...]:
    """Every row of the table."""
    return tuple(_label(row) for row in read_rows(shipped("kubernetes.csv")))


def selecting(flavour: str, accelerator: str) -> list[NodeLabel]:
    """The rows by which nodes with an accelerator are found on a flavour of cluster."""
    return [row for row in labels() if row.flavour == flavour and accelerator in row.accelerators and row.values]


def _label(row: Row) -> NodeLabel:
    flavour, subject, cell = row["flavour"].partition(" (")[0], row["accelerator"], row["node_label_value"]
    models = _KARPENTER_V100 if (flavour, subject) == (KARPENTER, "V100") else _models(subject)
    taint = _TAINT.match(row["taint"])
    return NodeLabel(
        flavour=flavour,
        subject=subject,
        accelerators=models,
        resource=row["resource_name"] if "/" in row["resource_name"] and " " not in row["resource_name"] else "",
        key=row["node_label_key"],
        values=tuple(cell.split("|")) if cell and " " not in cell and cell != "N" else (),
        taint=(taint[1], taint[2] or "", taint[3]) if taint else None,
        source=row["source"],
    )


def _models(subject: str) -> tuple[str, ...]:
    if subject in _GROUPS:
        return _GROUPS[subject]
    if subject.startswith("any ") or subject == "spot":
        return ()
    found = find(subject)
    if not isinstance(found, Accelerator):
        raise RequestError(f"The table names {subject!r}, which is no model.", remedy="Correct kubernetes.csv.")
    return (found.name,)
