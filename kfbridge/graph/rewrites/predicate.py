"""Predicated execution: every task starts, and a step whose condition is false skips itself.

For a service without conditions, or with poor ones. The condition of a group goes down into all that is in it: each
step gets the values that the conditions around it read as inputs of its own, and looks at them before anything else. A
step that skips itself leaves no outputs, so all that holds of skipped tasks holds of it: who needs its outputs is
skipped, optional inputs take their defaults, of a OneOf the one that ran counts.

Two things exist although the condition around them is false: what a loop collects (an empty list) and what an importer
brings in. Who takes them from outside of the condition gets the condition, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from kfbridge.findings import Finding, Level
from kfbridge.graph.rewrites.draft import (
    ROOT,
    Draft,
    Json,
    Kind,
    fed,
    feed,
    free_name,
    is_optional,
    is_tolerant,
    iterator,
    producer,
    selectors,
)
from kfbridge.graph.rewrites.hidden import show_channels
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.spec.boot import read_boot, write_boot
from kfbridge.spec.expression import Expression, names, parse
from kfbridge.spec.expression.renaming import renamed
from kfbridge.spec.predicate import wrap
from kfbridge.spec.read import Document

FEATURE: Final = "condition_on_output"
_KINDS: Final[tuple[Kind, Kind]] = ("parameters", "artifacts")
_VOLUMES: Final = ("argostub/createpvc", "argostub/deletepvc")


def predicate(document: Document) -> Rewritten:
    """Let steps look at their conditions themselves.

    A condition stays where it is, with a finding, if something under it cannot look at it: an image whose command is
    not known, an executor that is no container, a condition that is too much for an image with nothing but a shell.

    Args:
        document: A valid pipeline.
    """
    draft = Draft(document)
    for component in draft.in_order():
        show_channels(draft, component)
    pusher = _Pusher(draft)
    pusher.dag(ROOT, "", [])
    return draft.rewritten(pusher.findings)


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition, and for each input that it reads the binding and the port, in the dag where it stands now."""

    condition: Expression
    reads: dict[str, tuple[Json, Json]]


class _Pusher:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.findings: list[Finding] = []

    def dag(self, component: str, path: str, around: list[Guard]) -> None:
        """Take the conditions of all tasks of a dag, and those around it, down to the steps.

        Args:
            component: The dag; it has one use.
            path: Its path and a slash, for findings.
            around: The conditions around it, the outer one first; they read its inputs.
        """
        tasks = self.draft.tasks(component)
        guards: dict[str, list[Guard]] = {name: list(around) for name in tasks}
        for name, task in tasks.items():
            text = (task.get("triggerPolicy") or {}).get("condition")
            if text:
                self.take(component, name, parse(text), guards, path)
        for name, task in tasks.items():
            used = self.draft.used_by(task)
            if around:
                self.warn(f"{path}{name}", task)
            if self.draft.is_dag(used) and (guards[name] or self.has_conditions(used)):
                copied = self.draft.copy(used)
                task["componentRef"] = {"name": copied}
                self.dag(copied, f"{path}{name}/", self.inside(task, guards[name]))
            elif guards[name] and "importer" not in self.executor(used):
                copied = self.draft.copy(used, f"{used}-if")
                task["componentRef"] = {"name": copied}
                self.look(copied, self.inside(task, guards[name]), task)

    def warn(self, path: str, task: Json) -> None:
        """Say which inputs are made before a condition is looked at that would not be made at all."""
        for given, binding in fed(task, "parameters").items():
            if binding.get("parameterExpressionSelector"):
                reason = (
                    f"its input {given!r} is a part of a value, taken before the condition is looked at: where there "
                    "is no such part it fails, although the condition is false"
                )
                self.findings.append(Finding(FEATURE, path, Level.REWRITTEN, reason))

    def executor(self, component: str) -> Json:
        return {} if self.draft.is_dag(component) else self.draft.executor(component)

    def has_conditions(self, component: str) -> bool:
        """Whether anything in a dag has a condition."""
        return any(
            (task.get("triggerPolicy") or {}).get("condition") or self.has_conditions(self.draft.used_by(task))
            for task in self.draft.tasks(component).values()
        )

    def take(self, component: str, name: str, condition: Expression, guards: dict[str, list[Guard]], path: str) -> None:
        """Take the condition away from a task, and note who has to look at it instead."""
        task = self.draft.tasks(component)[name]
        ports = self.draft.ports(self.draft.used_by(task), "input", "parameters")
        bindings = fed(task, "parameters")
        guard = Guard(
            condition, {read: (bindings.get(read, {}), ports.get(read, {})) for read in sorted(names(condition))}
        )
        reason, others = self.outside(component, name)
        for one in (name, *others):
            reason = reason or self.obstacle(self.draft.tasks(component)[one], guard, one)
        if others and any("{{$" in json.dumps(binding) for binding, _ in guard.reads.values()):
            reason = reason or "its condition reads a constant that is made of the task's other inputs"
        if reason is not None:
            remedy = "Run on a backend that has conditions, or give the step a command that a shell or Python starts."
            self.findings.append(Finding(FEATURE, f"{path}{name}", Level.REFUSED, reason, remedy))
            return
        del task["triggerPolicy"]["condition"]
        if not task["triggerPolicy"]:
            del task["triggerPolicy"]
        for one in (name, *others):
            guards[one].append(guard)

    # What exists although the condition is false -----------------------------------------------------

    def outside(self, component: str, name: str) -> tuple[str | None, list[str]]:
        """Who else must look at the condition of a task; or why that is not enough."""
        tasks = self.draft.tasks(component)
        used = self.draft.used_by(tasks[name])
        others: list[str] = []
        for other, task in tasks.items():
            for kind in _KINDS:
                for given, binding in fed(task, kind).items():
                    source = producer(binding, kind)
                    if source is None or source[0] != name or not self.lasts(tasks[name], kind, source[1]):
                        continue
                    port = self.draft.ports(self.draft.used_by(task), "input", kind).get(given)
                    if is_tolerant(task) or is_optional(port):
                        return (
                            f"{other} would take what a loop or an importer leaves although the condition is false",
                            [],
                        )
                    if other not in others:
                        others.append(other)
        dag = self.draft.components[component]["dag"]
        for kind in _KINDS:
            for chosen in selectors(dag.get("outputs") or {}, kind).values():
                for one, key in chosen:
                    if one in (name, *others) and self.lasts(tasks[one], kind, key):
                        return (
                            f"an output of the group around it would come from {one} although the condition is false",
                            [],
                        )
        if any(self.lasts_at_all(tasks[other]) for other in others):
            return f"what follows {used} leaves more that exists although the condition is false", []
        return None, others

    def lasts(self, task: Json, kind: Kind, key: str) -> bool:
        """Whether an output exists although all steps in a task skip themselves."""
        used = self.draft.used_by(task)
        if iterator(task) is not None:
            return True
        if not self.draft.is_dag(used):
            return "importer" in self.draft.executor(used)
        outputs = self.draft.components[used]["dag"].get("outputs") or {}
        inner = self.draft.tasks(used)
        return any(self.lasts(inner[one], kind, taken) for one, taken in selectors(outputs, kind).get(key, []))

    def lasts_at_all(self, task: Json) -> bool:
        used = self.draft.used_by(task)
        return any(self.lasts(task, kind, key) for kind in _KINDS for key in self.draft.ports(used, "output", kind))

    # What cannot look --------------------------------------------------------------------------------

    def obstacle(self, task: Json, guard: Guard, name: str) -> str | None:
        """Why a step under the condition cannot look at it; None when all can."""
        used = self.draft.used_by(task)
        if self.draft.is_dag(used):
            found = (self.obstacle(one, guard, inner) for inner, one in self.draft.tasks(used).items())
            return next((reason for reason in found if reason is not None), None)
        executor = self.draft.executor(used)
        if "importer" in executor:
            return None
        container = executor.get("container") or {}
        if (container.get("image") or "").partition(":")[0] in _VOLUMES or not container:
            return f"{name} is carried out by the platform, which knows no condition"
        if not container.get("command"):
            return f"{name} runs the entrypoint of its image, which cannot be told to look at a condition first"
        if (
            self.command(container, [guard.condition], {read: _type(port) for read, (_, port) in guard.reads.items()})
            is None
        ):
            return f"{name} has a command that cannot look at the condition first: {container['command'][0]}"
        return None

    def command(self, container: Json, conditions: list[Expression], types: dict[str, str]) -> list[str] | None:
        """The container's command, looking at conditions first."""
        return wrap(_booted(container)[0], conditions, types)

    # Going down --------------------------------------------------------------------------------------

    def inside(self, task: Json, guards: list[Guard]) -> list[Guard]:
        """Conditions as they read inside of a task, which is given what they read."""
        ports = self.draft.ports(self.draft.used_by(task), "input", "parameters")
        found: list[Guard] = []
        for guard in guards:
            given = {read: self.give(task, ports, read, *source) for read, source in guard.reads.items()}
            reads: dict[str, tuple[Json, Json]] = {
                name: ({"componentInputParameter": name}, ports[name]) for name in given.values()
            }
            found.append(Guard(renamed(guard.condition, given), reads))
        return found

    def give(self, task: Json, ports: Json, read: str, binding: Json, port: Json) -> str:
        """The input of a task from which a condition is read: one that is fed so already, or a new one."""
        if binding and fed(task, "parameters").get(read) == binding and ports.get(read) == port:
            return read
        for known, one in fed(task, "parameters").items():
            if one == binding and known.startswith("if-") and ports.get(known) == port:
                return known
        name = free_name("if-1", [*ports, *fed(task, "parameters")])
        ports[name] = dict(port) if port else {"parameterType": "STRING", "isOptional": True}
        if binding:
            feed(task, "parameters", name, dict(binding))
        else:
            ports[name]["isOptional"] = True
        return name

    def look(self, component: str, guards: list[Guard], task: Json) -> None:
        """Let a step look at its conditions."""
        container = self.draft.executor(component)["container"]
        _, args = _booted(container)
        types = {read: _type(port) for guard in guards for read, (_, port) in guard.reads.items()}
        command = self.command(container, [guard.condition for guard in guards], types)
        if command is None:
            raise AssertionError(f"{component} was found to take its conditions one by one, and does not take all")
        container["command"] = command
        container["args"] = args
        if not args:
            del container["args"]
        if (task.get("cachingOptions") or {}).get("cacheKey"):
            # a key of the user's own says nothing of the condition, so a hit would be taken though it is false
            task["cachingOptions"] = {}


def _booted(container: Json) -> tuple[list[str], list[str]]:
    """Command and arguments; of a Python function that KFP boots, those of this project's boot."""
    command, args = list(container.get("command") or ()), list(container.get("args") or ())
    boot = read_boot(command, args)
    if boot is None or boot.origin == "kfbridge" or boot.source is None or boot.unknown or boot.extra_args:
        return command, args
    return write_boot(boot.function, boot.source, boot.packages, boot.index_urls, boot.trusted_hosts, boot.use_venv)


def _type(port: Json) -> str:
    """The type of an input that is always given, else nothing."""
    return "" if not port or is_optional(port) else str(port.get("parameterType", ""))
