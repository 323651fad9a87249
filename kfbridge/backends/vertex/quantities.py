"""What a plain step asks for, in both ways that Vertex AI may read it.

The published format has numbers (``cpuLimit`` in cores, ``memoryLimit`` in 10^9 bytes, ``accelerator.type``), and newer
texts (``resourceCpuLimit``, ...), which no document of Vertex AI names (kubeflow/pipelines#11839 brought the numbers
back for servers that read nothing else). Both are written, and they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kfbridge.graph.model import Resources
from kfbridge.machines.quantity import parse_cpu, parse_memory
from kfbridge.machines.request import Resolver

_GIGABYTE: Final = 10**9
_AMOUNTS: Final = (("cpu", "Cpu", parse_cpu, 1), ("memory", "Memory", parse_memory, _GIGABYTE))


def both_dialects(
    written: Mapping[str, Any], asked: Resources, accelerator: Mapping[str, str] | None, resolve: Resolver
) -> dict[str, Any]:
    """The resources of an executor, with every amount in both dialects, and a limit where there was a request alone.

    Args:
        written: The ``resources`` as they stand in the executor; what is complete stays as it is.
        asked: The same as the graph reads it.
        accelerator: ``type`` and ``count`` by Vertex's own name; None for none.
        resolve: Replaces placeholders by what is known before the run.
    """
    found = dict(written)
    for name, capital, parse, unit in _AMOUNTS:
        for kind in ("Request", "Limit"):
            text = _known(getattr(asked, f"{name}_{kind.lower()}"), resolve)
            if text is None and kind == "Limit":
                text = _known(getattr(asked, f"{name}_request"), resolve)
            if text:
                _fill(found, f"resource{capital}{kind}", text)
                _fill(found, f"{name}{kind}", float(parse(text) / unit))
    if accelerator is not None:
        found["accelerator"] = _accelerator(found.get("accelerator") or {}, accelerator)
    return found


def _accelerator(written: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any]:
    both = {"type": wanted["type"], "resourceType": wanted["type"]}
    numbers = {"count": wanted["count"], "resourceCount": wanted["count"]}
    return {**written, **both, **numbers}


def _known(text: str | None, resolve: Resolver) -> str | None:
    return resolve(text) if text and "{{$" in text else text


def _fill(found: dict[str, Any], name: str, value: Any) -> None:
    """Set what is not there, or what only a placeholder says."""
    if not found.get(name) or "{{$" in str(found[name]):
        found[name] = value
