"""The machines of a pipeline's steps on one target, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfbridge.errors import KfbridgeError, MachineError, RequestError
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Container, Graph, Task
from kfbridge.graph.volumes import volume_stub
from kfbridge.machines.known import known_before
from kfbridge.machines.offer import Chooser, Offer
from kfbridge.machines.override import Overrides
from kfbridge.machines.request import MachineRequest, of_container
from kfbridge.plan.needs import Need
from kfbridge.target import ProviderConfig, Target


@dataclass(slots=True)
class Staffing:
    """What each step gets, by its path, and the refusals where nothing fits."""

    offers: dict[str, Offer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def staff(
    graph: Graph, needs: Iterable[Need], arguments: Mapping[str, Any], target: Target, choose: Chooser
) -> Staffing:
    """Choose a machine for every step that is a container; steps whose request only the run knows are left out.

    Raises:
        RequestError: The target's section names a machine that cannot be, or the user's own file of sizes is wrong.
    """
    named = target.config.machines if isinstance(target.config, ProviderConfig) else {}
    overrides = Overrides(named, f"[targets.{target.name}.machines]")
    known: dict[MachineRequest, Offer | MachineError] = {}
    found = Staffing()
    for path, (task, groups) in steps(needs).items():
        body = task.component.body
        assert isinstance(body, Container)
        resolve = known_before((*groups, task), graph.root, arguments)
        try:
            asked = of_container(body, graph.platforms, resolve)
        except RequestError as error:
            found.findings.append(_refusal(path, "cpu_and_memory", error))
            continue
        if asked.unknown:
            continue
        request = asked.request
        if request not in known:
            known[request] = _offer(choose, request, overrides, target)
        answer = known[request]
        if isinstance(answer, MachineError):
            found.findings.append(_refusal(path, _feature(request), answer))
        else:
            found.offers[path] = answer
    return found


def steps(needs: Iterable[Need]) -> dict[str, tuple[Task, tuple[Task, ...]]]:
    """The steps that are containers, by their paths, each with the groups around it, the outermost first."""
    return {
        need.task: (need.subject, need.groups)
        for need in needs
        if need.subject is not None
        and isinstance(need.subject.component.body, Container)
        and volume_stub(need.subject.component.body) is None
    }


def _offer(choose: Chooser, request: MachineRequest, overrides: Overrides, target: Target) -> Offer | MachineError:
    try:
        return choose(request, overrides, target.folder)
    except RequestError:
        raise
    except MachineError as error:
        return error


def _feature(request: MachineRequest) -> str:
    return "accelerator" if request.accelerator else "spot" if request.spot else "cpu_and_memory"


def _refusal(path: str, feature: str, error: KfbridgeError) -> Finding:
    reason = error.reason[:1].lower() + error.reason[1:].rstrip(".")
    return Finding(feature, path, Level.REFUSED, reason, error.remedy or "Ask for another machine.")
