"""Whether of two tasks at most one can run, as far as their conditions say so by their form."""

from __future__ import annotations

from kfbridge.graph.rewrites.draft import Draft, Json, fed
from kfbridge.spec.expression import Expression, Logical, Unary, names, parse, unparse


def exclude(draft: Draft, one: Json, other: Json) -> bool:
    """Whether the conditions of two tasks of a dag cannot both hold: a part of one is denied by the other.

    That is how If, Elif and Else are compiled: each branch denies the conditions of those before it.
    """
    first, second = _condition(one), _condition(other)
    if first is None or second is None or not _read_the_same(draft, one, other, names(first) & names(second)):
        return False
    return bool(_denied(first) & _parts(second) or _denied(second) & _parts(first))


def conditions_exhaust(draft: Draft, tasks: list[Json]) -> bool:
    """Whether the conditions of tasks, in this order, are those of If, any number of Elif, and Else."""
    found = [_condition(task) for task in tasks]
    conditions = [one for one in found if one is not None]
    if len(conditions) < len(tasks) or not all(
        _read_the_same(draft, tasks[0], task, frozenset().union(*map(names, conditions))) for task in tasks[1:]
    ):
        return False
    denied: list[str] = []
    for condition in conditions[:-1]:
        *before, last = [unparse(part) for part in _conjuncts_after(condition, len(denied))]
        if before != denied:
            return False
        denied.append(unparse(Unary("!", parse(last))))
    return [unparse(part) for part in _conjuncts_after(conditions[-1], len(denied) - 1)] == denied


def _conjuncts_after(expression: Expression, count: int) -> list[Expression]:
    """The first so many of what must all be true one by one, and the rest as one."""
    if count == 0 or not (isinstance(expression, Logical) and expression.operator == "&&"):
        return [expression]
    if len(expression.operands) <= count:
        return _conjuncts(expression)
    rest = expression.operands[count:]
    return [*expression.operands[:count], rest[0] if len(rest) == 1 else Logical("&&", rest)]


def _condition(task: Json) -> Expression | None:
    text = (task.get("triggerPolicy") or {}).get("condition")
    return parse(text) if text else None


def _conjuncts(expression: Expression) -> list[Expression]:
    """What must all be true; ``&&`` in ``&&`` is taken apart."""
    if isinstance(expression, Logical) and expression.operator == "&&":
        return [part for operand in expression.operands for part in _conjuncts(operand)]
    return [expression]


def _parts(expression: Expression) -> set[str]:
    """Everything that is true where the expression is, as text."""
    return {unparse(expression), *(unparse(part) for part in _conjuncts(expression))}


def _denied(expression: Expression) -> set[str]:
    """Everything that is false where the expression is true, as text."""
    return {unparse(part.value) for part in _conjuncts(expression) if isinstance(part, Unary) and part.operator == "!"}


def _read_the_same(draft: Draft, one: Json, other: Json, read: frozenset[str]) -> bool:
    """Whether the inputs of these names are fed with the same, and have the same types."""
    ports = [draft.ports(draft.used_by(task), "input", "parameters") for task in (one, other)]
    return all(
        fed(one, "parameters").get(name) == fed(other, "parameters").get(name)
        and ports[0].get(name, {}).get("parameterType") == ports[1].get(name, {}).get("parameterType")
        for name in read
    )
