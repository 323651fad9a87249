"""A pipeline that is being rewritten: plain data that may be changed, names that are free, and whom tasks stand for."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias

from kfbridge.findings import Finding
from kfbridge.graph.rewrites.rewrite import Origin, Rewritten
from kfbridge.spec.read import Document, from_data

Json: TypeAlias = dict[str, Any]
Kind = Literal["parameters", "artifacts"]

ROOT: Final = ""
"""Stands for the root among the names of components; no component of a file can have this name."""

_LONGEST: Final = 63  # what Kubernetes takes for a label, and more than any provider's steps may be called
_FED = {"parameters": "taskOutputParameter", "artifacts": "taskOutputArtifact"}
_KEYS = {"parameters": "outputParameterKey", "artifacts": "outputArtifactKey"}


class Draft:
    """A copy of a document, as the plain data of the IR.

    Components are shared by the tasks that use them: whoever means one use of several asks for a copy.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        data = document.to_data()
        self.pipeline: Json = data[0]
        self.platform: Json = data[1] if len(data) > 1 else {}
        self.components: dict[str, Json] = self.pipeline.setdefault("components", {})
        self.components[ROOT] = self.pipeline["root"]
        self.executors: dict[str, Json] = self.pipeline.setdefault("deploymentSpec", {}).setdefault("executors", {})
        self._stands_for: dict[tuple[str, str], tuple[str, int | None] | None] = {}

    # Looking -----------------------------------------------------------------------------------------

    def used_by(self, task: Json) -> str:
        """The name of the component that a task runs."""
        return str(task["componentRef"]["name"])

    def tasks(self, component: str) -> dict[str, Json]:
        """The tasks of a component that is a dag; none of one that is not."""
        dag = self.components[component].get("dag")
        found: dict[str, Json] = {} if dag is None else dag.setdefault("tasks", {})
        return found

    def is_dag(self, component: str) -> bool:
        """Whether other tasks are inside."""
        return "dag" in self.components[component]

    def ports(self, component: str, direction: Literal["input", "output"], kind: Kind) -> dict[str, Json]:
        """The declared inputs or outputs, by name; what is put there is declared from then on."""
        definitions: Json = self.components[component].setdefault(f"{direction}Definitions", {})
        found: dict[str, Json] = definitions.setdefault(kind, {})
        return found

    def executor(self, component: str) -> Json:
        """The executor of a component that is no dag."""
        return self.executors[self.components[component]["executorLabel"]]

    def settings(self, component: str) -> Iterator[Json]:
        """What each platform's document says about the executor of a component that is no dag."""
        label = self.components[component].get("executorLabel")
        for platform in (self.platform.get("platforms") or {}).values():
            config = ((platform.get("deploymentSpec") or {}).get("executors") or {}).get(label)
            if config:
                yield config

    def in_order(self) -> list[str]:
        """The dags that the root reaches, each after all that are in it; the root comes last."""
        found: dict[str, None] = {}
        pending = [(ROOT, False)]
        while pending:
            name, seen = pending.pop()
            if seen:
                found[name] = None
            elif name not in found and self.is_dag(name):
                pending.append((name, True))
                pending.extend((self.used_by(task), False) for task in self.tasks(name).values())
        return list(found)

    def place(self, component: str) -> str:
        """The path of the first task that runs a component, empty for the root; for findings."""
        for path, used in self._paths(ROOT, ""):
            if used == component:
                return path
        return ""

    # Changing ----------------------------------------------------------------------------------------

    def add_task(
        self, component: str, wanted: str, task: Json, stands_for: tuple[str, int | None] | None = None
    ) -> str:
        """Put a task into a dag under a free name like `wanted`, which is returned.

        `stands_for` is the task of the same dag that it takes the place of, and the iteration if that is a loop;
        None for a task that the user did not write.
        """
        tasks = self.tasks(component)
        name = free_name(wanted, tasks)
        task.setdefault("taskInfo", {"name": name})
        tasks[name] = task
        meant = stands_for
        if stands_for is not None:
            known = self._stands_for.get((component, stands_for[0]), (stands_for[0], None))
            meant = None if known is None else (known[0], known[1] if stands_for[1] is None else stands_for[1])
        self._stands_for[component, name] = meant
        return name

    def stands_for_nothing(self, component: str, task: str) -> None:
        """Note that a task of a component is none that the user wrote."""
        self._stands_for[component, task] = None

    def add_component(self, wanted: str, component: Json) -> str:
        """Add a component under a free name like `wanted`, which is returned."""
        name = free_name(wanted, self.components)
        self.components[name] = component
        return name

    def add_executor(self, wanted: str, executor: Json) -> str:
        """Add an executor under a free label like `wanted`, which is returned."""
        label = free_name(wanted, self.executors)
        self.executors[label] = executor
        return label

    def copy(self, component: str, wanted: str = "") -> str:
        """A copy of a component, for one of its uses; one that is no dag gets an executor and settings of its own."""
        name = self.add_component(wanted or f"{component or 'root'}-copy", copy.deepcopy(self.components[component]))
        for (owner, task), meant in list(self._stands_for.items()):
            if owner == component:
                self._stands_for[name, task] = meant
        if not self.is_dag(name):
            label = self.components[name]["executorLabel"]
            mine = self.add_executor(f"exec-{name.removeprefix('comp-')}", copy.deepcopy(self.executors[label]))
            self.components[name]["executorLabel"] = mine
            for platform in (self.platform.get("platforms") or {}).values():
                configs = (platform.get("deploymentSpec") or {}).get("executors") or {}
                if label in configs:
                    configs[mine] = copy.deepcopy(configs[label])
        return name

    # Giving back -------------------------------------------------------------------------------------

    def rewritten(self, findings: Iterable[Finding] = ()) -> Rewritten:
        """The document that has become of it; components and executors that nothing uses any more are left out."""
        used = {ROOT: None, **dict.fromkeys(name for _, name in self._paths(ROOT, ""))}
        labels = {self.components[name].get("executorLabel") for name in used}
        pipeline = {**self.pipeline, "root": _without_empty(self.components[ROOT])}
        pipeline["components"] = {
            name: _without_empty(found) for name, found in self.components.items() if name in used and name != ROOT
        }
        pipeline["deploymentSpec"] = {
            **pipeline["deploymentSpec"],
            "executors": {label: found for label, found in self.executors.items() if label in labels},
        }
        for platform in (self.platform.get("platforms") or {}).values():
            deployment = platform.get("deploymentSpec") or {}
            if "executors" in deployment:
                deployment["executors"] = {
                    label: found for label, found in deployment["executors"].items() if label in labels
                }
        made = from_data([part for part in (pipeline, self.platform) if part], self._document.name)
        made = replace(made, runtime=self._document.runtime, notes=self._document.notes)
        return Rewritten(made, tuple(findings), dict(self._origins()))

    def _paths(self, component: str, prefix: str) -> Iterator[tuple[str, str]]:
        for name, task in self.tasks(component).items():
            yield f"{prefix}{name}", self.used_by(task)
            yield from self._paths(self.used_by(task), f"{prefix}{name}/")

    def _origins(self) -> Iterator[tuple[str, Origin]]:
        pending: list[tuple[str, str, Origin | None]] = [(ROOT, "", Origin("", ()))]
        while pending:
            component, prefix, around = pending.pop()
            for name, task in self.tasks(component).items():
                meant = self._stands_for.get((component, name), (name, None))
                found = None
                if meant is not None and around is not None:
                    path = f"{around.path}/{meant[0]}" if around.path else meant[0]
                    found = Origin(path, (*around.iterations, meant[1]))
                    yield f"{prefix}{name}", found
                pending.append((self.used_by(task), f"{prefix}{name}/", found))


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, numbered where it is taken; a long one ends in its hash instead of in full."""
    known = set(taken)
    number = 1
    while (name := _short(wanted if number == 1 else f"{wanted}-{number}")) in known:
        number += 1
    return name


def _short(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9]}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def fed(task: Mapping[str, Any], kind: Kind) -> dict[str, Json]:
    """What a task's inputs are fed with, by input."""
    found: dict[str, Json] = (task.get("inputs") or {}).get(kind) or {}
    return found


def feed(task: Json, kind: Kind, name: str, binding: Json) -> None:
    """Feed an input of a task."""
    task.setdefault("inputs", {}).setdefault(kind, {})[name] = binding


def forgo(draft: Draft, task: Json, kind: Kind, name: str) -> None:
    """Let an input of a task be without a value; one that only placeholders name is null."""
    if kind == "artifacts" or name in draft.ports(draft.used_by(task), "input", kind):
        del task["inputs"][kind][name]
    else:
        task["inputs"][kind][name] = {"runtimeValue": {"constant": None}}


def producer(binding: Mapping[str, Any], kind: Kind) -> tuple[str, str] | None:
    """The task and the output that a binding takes its value from; None for any other binding."""
    source = binding.get(_FED[kind])
    return (source["producerTask"], source[_KEYS[kind]]) if source else None


def from_task(task: str, key: str, kind: Kind) -> Json:
    """The binding to an output of a task."""
    return {_FED[kind]: {"producerTask": task, _KEYS[kind]: key}}


def sources(task: Mapping[str, Any]) -> set[str]:
    """The tasks that a task takes outputs from, or of which it asks how they ended."""
    kinds: tuple[Kind, Kind] = ("parameters", "artifacts")
    found = {source[0] for kind in kinds for one in fed(task, kind).values() if (source := producer(one, kind))}
    asked = {(one.get("taskFinalStatus") or {}).get("producerTask") for one in fed(task, "parameters").values()}
    return found | {name for name in asked if name}


def waits_for(task: Mapping[str, Any]) -> list[str]:
    """The tasks that a task names as those that must end first; inputs name more."""
    return list(task.get("dependentTasks") or ())


def wait_for(task: Json, names: Iterable[str]) -> None:
    """Set the tasks that a task names as those that must end first, sorted."""
    found = sorted(set(names))
    if found:
        task["dependentTasks"] = found
    else:
        task.pop("dependentTasks", None)


def selectors(outputs: Mapping[str, Any], kind: Kind) -> dict[str, list[tuple[str, str]]]:
    """Where the outputs of a dag come from: for each the task and output, or the candidates of a OneOf in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, output in (outputs.get(kind) or {}).items():
        if kind == "artifacts":
            given = output.get("artifactSelectors") or []
        elif "valueFromOneof" in output:
            given = output["valueFromOneof"].get("parameterSelectors") or []
        else:
            given = [output["valueFromParameter"]] if output.get("valueFromParameter") else []
        found[name] = [(one["producerSubtask"], one[_KEYS[kind]]) for one in given]
    return found


def selected(chosen: list[tuple[str, str]], kind: Kind) -> Json:
    """The output of a dag that comes from these tasks and outputs; several are a OneOf."""
    given = [{"producerSubtask": task, _KEYS[kind]: key} for task, key in chosen]
    if kind == "artifacts":
        return {"artifactSelectors": given}
    return {"valueFromParameter": given[0]} if len(given) == 1 else {"valueFromOneof": {"parameterSelectors": given}}


def is_optional(port: Mapping[str, Any] | None) -> bool:
    """Whether a task runs without a value for this input."""
    return port is None or bool(port.get("isOptional")) or "defaultValue" in port


def is_tolerant(task: Mapping[str, Any]) -> bool:
    """Whether a task runs whatever became of those before it."""
    return (task.get("triggerPolicy") or {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"


def iterator(task: Mapping[str, Any]) -> Json | None:
    """The loop of a task, if it is one."""
    found: Json | None = task.get("parameterIterator") or task.get("artifactIterator")
    return found


def _without_empty(component: Json) -> Json:
    """The component without the declarations that stayed empty."""
    found = dict(component)
    for part in ("inputDefinitions", "outputDefinitions"):
        if part in found:
            kept = {kind: ports for kind, ports in found[part].items() if ports}
            found[part] = kept
            if not kept:
                del found[part]
    return found
