"""Several plans of one pipeline side by side: levels, machines, and what the machines cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kfbridge.findings import Level
from kfbridge.plan.model import Plan

_WORST = (Level.REFUSED, Level.DRIVEN, Level.REWRITTEN, Level.NATIVE)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that the pipeline asks for: the feature, the task that asks, and the level on each target, in order.

    None where the target's backend says nothing of it.
    """

    feature: str
    task: str
    levels: tuple[Level | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the targets do not all say the same."""
        return len(set(self.levels)) > 1


@dataclass(frozen=True, slots=True)
class Price:
    """What machines cost in an hour, in US dollars; `unpriced` are those that no price is known for."""

    amount: float
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Plans of one pipeline, and what they say of each thing."""

    plans: tuple[Plan, ...]
    rows: tuple[Row, ...]


def compare(plans: Sequence[Plan]) -> Comparison:
    """Put plans of one pipeline side by side, each thing in the order in which the pipeline asks for it."""
    said = [_levels(plan) for plan in plans]
    asked = dict.fromkeys(key for levels in said for key in levels)
    rows = (Row(feature, task, tuple(levels.get((feature, task)) for levels in said)) for feature, task in asked)
    return Comparison(tuple(plans), tuple(rows))


def price_per_hour(plan: Plan) -> Price | None:
    """What the machines of all steps cost together while all of them run; None where the plan chooses no machine."""
    if not plan.machines:
        return None
    prices = {str(machine.get("machine")): machine.get("price_per_hour") for machine in plan.machines.values()}
    unpriced = tuple(sorted(name for name, price in prices.items() if price is None))
    amounts = (machine.get("price_per_hour") for machine in plan.machines.values())
    return Price(round(sum(amount for amount in amounts if amount is not None), 4), unpriced)


def comparison_document(found: Comparison) -> dict[str, Any]:
    """The comparison as JSON data."""
    names = [plan.target.name for plan in found.plans]
    return {
        "pipeline": found.plans[0].pipeline,
        "targets": [_plan_document(plan) for plan in found.plans],
        "features": [
            {
                "feature": row.feature,
                "task": row.task,
                "levels": {name: level and level.value for name, level in zip(names, row.levels, strict=True)},
            }
            for row in found.rows
        ],
    }


def count_levels(plan: Plan) -> dict[str, int]:
    """How many things the plan says of each level, the worst level first."""
    levels = [finding.level for finding in plan.findings]
    return {level.value: levels.count(level) for level in _WORST if level in levels}


def _plan_document(plan: Plan) -> dict[str, Any]:
    price = price_per_hour(plan)
    return {
        "target": plan.target.name,
        "backend": plan.target.config.backend,
        "ok": plan.ok,
        "levels": count_levels(plan),
        "machines": {task: dict(machine) for task, machine in sorted(plan.machines.items())},
        "price_per_hour": price and {"usd": price.amount, "unpriced": list(price.unpriced)},
    }


def _levels(plan: Plan) -> Mapping[tuple[str, str], Level]:
    """The worst level that a plan gives each thing."""
    found: dict[tuple[str, str], Level] = {}
    for finding in plan.findings:
        key = (finding.feature, finding.task)
        before = found.get(key, finding.level)
        found[key] = min(before, finding.level, key=_WORST.index)
    return found
