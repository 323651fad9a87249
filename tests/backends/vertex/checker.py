"""Looks whether a PipelineSpec hangs together and stays within what is known of Vertex AI.

It reads the document alone and shares no code with kfbridge, so that both do not make the same mistake. The strict
reader of protobuf sees wrong fields and types; it does not see a name that leads nowhere, which is what this is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NEWER = frozenset({"cacheKey", "literals", "taskConfigPassthroughs", "downloadToWorkspace"})
"""Fields that are newer than anything documented for Vertex AI."""

EXECUTORS = ("container", "importer", "resolver", "customJob")


def mistakes(spec: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong, one sentence each; none when the document may be sent."""
    return list(_Checker(spec).all())


class _Checker:
    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.components: Mapping[str, Any] = spec.get("components") or {}
        self.executors: Mapping[str, Any] = (spec.get("deploymentSpec") or {}).get("executors") or {}

    def all(self) -> Iterator[str]:
        if self.spec.get("schemaVersion") != "2.1.0":
            yield f"the schema is {self.spec.get('schemaVersion')}"
        yield from self.newer(self.spec, "")
        yield from self.component("root", self.spec.get("root") or {})
        for name, component in self.components.items():
            yield from self.component(name, component)
        for label, executor in self.executors.items():
            kinds = [kind for kind in EXECUTORS if kind in executor]
            if len(kinds) != 1:
                yield f"the executor {label} is of the kinds {kinds}"
            yield from self.resources(label, (executor.get("container") or {}).get("resources") or {})

    def newer(self, value: Any, place: str) -> Iterator[str]:
        if isinstance(value, Mapping):
            for key, one in value.items():
                if key in NEWER and one:
                    yield f"{place} has {key}"
                yield from self.newer(one, f"{place}.{key}")
        elif isinstance(value, list):
            for one in value:
                yield from self.newer(one, place)

    def resources(self, label: str, found: Mapping[str, Any]) -> Iterator[str]:
        """Both dialects, with the same amounts, and no placeholder in either."""
        if "{{$" in str(found):
            yield f"the resources of {label} hold a placeholder"
        for number, text in (("cpuLimit", "resourceCpuLimit"), ("memoryLimit", "resourceMemoryLimit")):
            if (number in found) != (text in found):
                yield f"the resources of {label} have one of {number} and {text} alone"
        if not 0 <= float(found.get("cpuLimit", 0)) <= 96 or not 0 <= float(found.get("memoryLimit", 0)) <= 624:
            yield f"the resources of {label} are beyond those of a plain step"
        accelerator = found.get("accelerator") or {}
        for old, new in (("type", "resourceType"), ("count", "resourceCount")):
            if str(accelerator.get(old)) != str(accelerator.get(new)):
                yield f"the accelerator of {label} differs in {old} and {new}"

    def component(self, name: str, component: Mapping[str, Any]) -> Iterator[str]:
        if "dag" in component:
            yield from self.dag(name, component)
        elif component.get("executorLabel") not in self.executors:
            yield f"the component {name} names the executor {component.get('executorLabel')}"

    def dag(self, name: str, component: Mapping[str, Any]) -> Iterator[str]:
        tasks: Mapping[str, Any] = component["dag"].get("tasks") or {}
        for key, task in tasks.items():
            where = f"{name}/{key}"
            called = (task.get("componentRef") or {}).get("name")
            if called not in self.components:
                yield f"{where} names the component {called}"
                continue
            for before in task.get("dependentTasks") or ():
                if before not in tasks:
                    yield f"{where} waits for {before}"
            yield from self.bindings(where, task, self.components[called], component, tasks)
            if "artifactIterator" in task:
                yield f"{where} loops over artifacts"
        yield from self.outputs(name, component, tasks)
        yield from _cycles(name, tasks)

    def bindings(
        self,
        where: str,
        task: Mapping[str, Any],
        called: Mapping[str, Any],
        around: Mapping[str, Any],
        tasks: Mapping[str, Any],
    ) -> Iterator[str]:
        for kind, one in (("parameters", "Parameter"), ("artifacts", "Artifact")):
            given = (task.get("inputs") or {}).get(kind) or {}
            declared = (called.get("inputDefinitions") or {}).get(kind) or {}
            iterator = ((task.get("parameterIterator") or {}) if kind == "parameters" else {}).get("itemInput")
            for key, port in declared.items():
                optional = port.get("isOptional") or "defaultValue" in port or key == iterator
                if key not in given and not optional:
                    yield f"{where} lacks the input {key}"
            for key, source in given.items():
                if key not in declared and not key.startswith("pipelinechannel--"):
                    yield f"{where} gives {key}, which its component does not take"
                yield from self.source(f"{where}.{key}", source, one, around, tasks)
        items = ((task.get("parameterIterator") or {}).get("items") or {}).get("inputParameter")
        if items and items not in ((task.get("inputs") or {}).get("parameters") or {}):
            yield f"{where} loops over {items}, which it is not given"

    def source(
        self, where: str, source: Mapping[str, Any], kind: str, around: Mapping[str, Any], tasks: Mapping[str, Any]
    ) -> Iterator[str]:
        outer = source.get(f"componentInput{kind}")
        key = "parameters" if kind == "Parameter" else "artifacts"
        known = (around.get("inputDefinitions") or {}).get(key) or {}
        if outer is not None and outer not in known:
            yield f"{where} is the input {outer}, which is not there"
        made = source.get(f"taskOutput{kind}")
        if made is not None:
            yield from self.output(where, made["producerTask"], made[f"output{kind}Key"], key, tasks)
        final = (source.get("taskFinalStatus") or {}).get("producerTask")
        if final is not None and final not in tasks:
            yield f"{where} is the end of {final}, which is not there"

    def output(self, where: str, task: str, key: str, kind: str, tasks: Mapping[str, Any]) -> Iterator[str]:
        component = self.components.get(((tasks.get(task) or {}).get("componentRef") or {}).get("name")) or {}
        if key not in ((component.get("outputDefinitions") or {}).get(kind) or {}):
            yield f"{where} is the output {key} of {task}, which is not there"

    def outputs(self, name: str, component: Mapping[str, Any], tasks: Mapping[str, Any]) -> Iterator[str]:
        found = component["dag"].get("outputs") or {}
        for key, one in (found.get("parameters") or {}).items():
            one_of = (one.get("valueFromOneof") or {}).get("parameterSelectors") or []
            for selector in [*filter(None, [one.get("valueFromParameter")]), *one_of]:
                yield from self.output(
                    f"{name}.{key}", selector["producerSubtask"], selector["outputParameterKey"], "parameters", tasks
                )
        for key, one in (found.get("artifacts") or {}).items():
            for selector in one.get("artifactSelectors") or ():
                yield from self.output(
                    f"{name}.{key}", selector["producerSubtask"], selector["outputArtifactKey"], "artifacts", tasks
                )


def _cycles(name: str, tasks: Mapping[str, Any]) -> Iterator[str]:
    left = {key: set(task.get("dependentTasks") or ()) & tasks.keys() for key, task in tasks.items()}
    while free := [key for key, before in left.items() if not before]:
        for key in free:
            del left[key]
        for before in left.values():
            before.difference_update(free)
    if left:
        yield f"{name} has a cycle of {sorted(left)}"
