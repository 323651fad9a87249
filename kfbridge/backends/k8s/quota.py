"""What the API server says of a pod that a quota does not let in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from kfbridge.errors import RequestError
from kfbridge.machines.quantity import parse_cpu, parse_memory

_LISTS = re.compile(r"requested: (?P<asked>[^ ]+), used: [^ ]+, limited: (?P<limit>[^ ]+)")


def can_never_fit(message: str) -> bool:
    """Whether a pod asks for more than a quota would allow if nothing else ran.

    Args:
        message: ``exceeded quota: NAME, requested: cpu=4,memory=1Gi, used: cpu=0, limited: cpu=2``, as the server
            writes it (``kubernetes/kubernetes, plugin/pkg/admission/resourcequota``; seen with 1.20).
    """
    return any(_exceeds(_amounts(one["asked"]), _amounts(one["limit"])) for one in _LISTS.finditer(message))


def _exceeds(asked: Mapping[str, str], limits: Mapping[str, str]) -> bool:
    try:
        return any(_read(name, asked[name]) > _read(name, limits[name]) for name in asked.keys() & limits.keys())
    except RequestError:
        return False  # words of another server: it waits, and the message says why


def _read(name: str, amount: str) -> Fraction:
    return parse_cpu(amount) if name.endswith("cpu") else Fraction(parse_memory(amount))


def _amounts(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.rstrip(",").split(",") if "=" in part)
