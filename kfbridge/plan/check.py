"""Needs held against capabilities: what a backend does with each thing that a pipeline asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import fields
from functools import cache

from kfbridge.errors import UsageError
from kfbridge.findings import Finding, Level
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.needs import Need
from kfbridge.plan.settings import UNKNOWN_SETTING
from kfbridge.plan.support import Support, refused
from kfbridge.spelling import hint

Refine = Callable[[Need, Support], Iterable[Support]]
"""What a backend makes of the table's answer where it knows the task and the target: one answer, or several."""

LEFT_OUT = "left out, as allowed"
"""How the reason of a loss begins that was accepted."""


def check(
    capabilities: Capabilities,
    needs: Iterable[Need],
    refine: Refine | None = None,
    *,
    allow_loss: Collection[str] = (),
) -> tuple[Finding, ...]:
    """A finding for every need, refusals first, otherwise in the order of the needs.

    Args:
        capabilities: The backend's answers.
        needs: What the pipeline asks for.
        refine: Makes an answer exact for one need; the table's own answer is given when left out.
        allow_loss: Features that may be left out where the backend does not have them.

    Raises:
        UsageError: A name in `allow_loss` is no feature.
    """
    allowed = {_normal(name) for name in allow_loss}
    found: dict[Finding, None] = {}
    for need in needs:
        answer = _answer(capabilities, need)
        for support in refine(need, answer) if refine is not None else (answer,):
            found.setdefault(_finding(need, support, allowed))
    _check_names(allow_loss, found)
    return refusals_first(found)


def refusals_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with the refusals before the others, otherwise in their order."""
    return tuple(sorted(findings, key=lambda finding: finding.level is not Level.REFUSED))


def left_out(findings: Iterable[Finding]) -> frozenset[str]:
    """The features whose loss was accepted and made a difference."""
    return frozenset(one.feature for one in findings if one.reason.startswith(LEFT_OUT))


def unused(names: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """The names among those of `allow_loss` that made no difference."""
    used = left_out(findings)
    return [name for name in names if _normal(name) not in used]


def _answer(capabilities: Capabilities, need: Need) -> Support:
    if need.feature == UNKNOWN_SETTING:
        return refused(
            f"{need.detail} is not known to this version of kfbridge",
            "Remove the setting, or update kfbridge.",
            loss=True,
        )
    return capabilities.support(need.feature, need.within)


def _finding(need: Need, support: Support, allowed: Collection[str]) -> Finding:
    if support.level is Level.REFUSED and support.loss and need.feature in allowed:
        reason = f"{LEFT_OUT}: {support.reason}"
        return Finding(need.feature, need.task, Level.REWRITTEN, reason, where=need.where)
    return Finding(need.feature, need.task, support.level, support.reason, support.remedy, need.where, support.loss)


def _normal(name: str) -> str:
    return name.strip().replace("-", "_").replace(" ", "_")


@cache
def feature_names() -> tuple[str, ...]:
    """Every feature that a finding of `check` can have."""
    return (*(one.name for one in fields(Capabilities) if one.name != "combinations"), UNKNOWN_SETTING)


def _check_names(names: Iterable[str], found: Iterable[Finding]) -> None:
    known = {*feature_names(), *(one.feature for one in found)}
    for name in names:
        if _normal(name) not in known:
            raise UsageError(
                f"There is no feature called {name!r} that could be left out.",
                where="allow_loss",
                remedy=f"{hint(_normal(name), sorted(known))}`kfbridge check` names those that the pipeline needs.",
            )
