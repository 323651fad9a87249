"""What keeps a dag from running must keep its tasks from running once the dag is gone."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.graph.rewrites.conjunction import type_of
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.supply import Channel, Supplies
from kfbridge.spec.expression import Expression, names


@dataclass(frozen=True, slots=True)
class Guard:
    """What every task of a dag must be given, so that it is kept from running by what kept the dag.

    Attributes:
        inputs: The inputs of the dag, by kind and name, that it is skipped or fails without, or that the condition
            reads.
        condition: The condition of the dag, reading the dag's inputs.
    """

    inputs: tuple[tuple[str, str], ...]
    condition: Expression | None


def guard_of(supplies: Supplies) -> Guard:
    """The guard of a dag."""
    condition = supplies.part.condition
    read = names(condition) if condition is not None else frozenset()
    found = []
    for kind in ("parameters", "artifacts"):
        for name in supplies.names(kind):
            supply = supplies.get(kind, name)
            holds = isinstance(supply, Channel) and (supply.may_not_fit or (supply.required and not supply.surely))
            if holds or (kind == "parameters" and name in read):
                found.append((kind, name))
    return Guard(tuple(found), condition)


def check_empty(supplies: Supplies) -> None:
    """Whether a task may vanish because it has nothing to run.

    Raises:
        Obstacle: It could fail all the same.
    """
    condition = supplies.part.condition
    fits = not any(
        isinstance(supply := supplies.parameter(name), Channel) and supply.may_not_fit
        for name in supplies.names("parameters")
    )
    if not fits or (condition is not None and type_of(condition, supplies.part.face.inputs.parameters) != "bool"):
        raise Obstacle(
            "it has nothing to run, but fails where its condition or an input cannot be evaluated", "Take it away."
        )
