"""How the chips of one TPU host are joined, which Vertex and GKE want to be told along with their number."""

from __future__ import annotations

from typing import Final

_SINGLE_HOST: Final = {
    "TPU-v5e": {1: "1x1", 4: "2x2", 8: "2x4"},
    "TPU-v6e": {1: "1x1", 4: "2x2", 8: "2x4"},
    "TPU-v4": {4: "2x2x1"},
    "TPU-v5p": {4: "2x2x1"},
}
"""By chips. v5e and v6e: what SkyPilot's Kubernetes module gives GKE; v4 and v5p: recalled from GKE's pages."""


def tpu_topology(accelerator: str, chips: int) -> str | None:
    """The topology of a host with so many chips; None where there is none, or it need not be told."""
    return _SINGLE_HOST.get(accelerator, {}).get(chips)


def tpu_counts(accelerator: str) -> tuple[int, ...]:
    """The numbers of chips that a host can have; empty where nothing is known."""
    return tuple(_SINGLE_HOST.get(accelerator, {}))
