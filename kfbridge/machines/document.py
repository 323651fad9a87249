"""Offers as JSON data: what ``kfbridge machines --json`` prints, and what a plan says of each step."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

from kfbridge.machines.choose import Choice
from kfbridge.machines.machine import Machine
from kfbridge.machines.offer import Offer
from kfbridge.machines.quantity import GIB
from kfbridge.machines.request import MachineRequest


def request_data(request: MachineRequest) -> dict[str, Any]:
    """``{"cpu", "memory_gib", "accelerator", "count", "spot"}``; null is "not said"."""
    return {
        "cpu": _number(request.cpu),
        "memory_gib": _gib(request.memory),
        "accelerator": request.accelerator.name if request.accelerator else None,
        "count": request.count,
        "spot": request.spot,
    }


def machine_data(machine: Machine) -> dict[str, Any]:
    """One size with its figures; a share of an accelerator is a number below 1."""
    price = machine.price
    return {
        "name": machine.name,
        "vcpu": _number(machine.vcpu),
        "memory_gib": _gib(machine.memory),
        "accelerator": machine.accelerator.name if machine.accelerator else None,
        "accelerator_count": _number(machine.count),
        "traits": sorted(machine.traits),
        "price": price
        and {"usd_per_hour": _number(price.usd_per_hour), "date": price.date.isoformat(), "source": price.source},
        "source": machine.source,
    }


def offer_data(offer: Offer) -> dict[str, Any]:
    """The machine of an offer, without its rivals: what ``Plan.machines`` holds for a step.

    ``machine`` is its name and ``price_per_hour`` US dollars or null; ``size`` has the figures, null on Kubernetes.
    """
    size = machine_data(offer.choice.machine) if offer.choice else None
    price = size["price"] if size else None
    return {
        "provider": offer.provider,
        "machine": offer.machine,
        "price_per_hour": price and price["usd_per_hour"],
        "size": size,
        "native": dict(offer.native),
        "remarks": list(offer.remarks),
    }


def rivals_data(choice: Choice | None, *, everything: bool) -> dict[str, Any]:
    """The runners-up, and the rejected machines: by what they lack, or with `everything` one by one."""
    if choice is None:
        return {"runners_up": [], "rejected": []}
    runners_up = choice.runners_up if everything else choice.runners_up[:2]
    rejected: list[dict[str, Any]] = [
        {"name": one.machine.name, "machine": str(one.machine), "reason": one.reason} for one in choice.rejected
    ]
    if not everything:
        groups = Counter(one.group for one in choice.rejected)
        rejected = [{"reason": group, "machines": count} for group, count in groups.most_common()]
    return {"runners_up": [machine_data(machine) for machine in runners_up], "rejected": rejected}


def _gib(size: int | None) -> float | int | None:
    return None if size is None else _number(Fraction(size, GIB))


def _number(number: Fraction | None) -> float | int | None:
    if number is None:
        return None
    return int(number) if number.denominator == 1 else round(float(number), 6)
