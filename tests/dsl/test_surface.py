"""Every public name of kfp 2.17.0 is here, in the same module, and is called alike.

``surface.json`` was written down once from kfp 2.17.0 and kfp-kubernetes 2.17.0: by module (what its ``__all__`` names,
and ``EmbeddedInput``) the names; of what can be called the parameters with kind and default (`repr`; null: none); of
classes the members, with their parameters where they can be called; of strings the value.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge.aliases import kfp_names

SURFACE: dict[str, dict[str, dict[str, Any]]] = json.loads((Path(__file__).parent / "surface.json").read_text())
NAMES = [(module, name) for module, names in SURFACE.items() for name in names]

INTERNAL = {
    "PipelineTask()": "components make tasks, users do not",
    "PipelineTask.register_pipeline_channels": "called by KFP's own setters",
    "TaskConfigPassthrough.to_proto": "called by KFP's compiler",
    "KubernetesManifestOptions.set_pipeline_spec": "called by KFP's compiler",
    "DockerRunner.DOCKER_CONTAINER_RUN_ARGS": "what KFP hands to Docker's library, which is not used here",
    "Condition.remove_task_recursive": "called by KFP's own groups",
    "Elif.remove_task_recursive": "the same",
    "Else.remove_task_recursive": "the same",
    "ExitHandler.remove_task_recursive": "the same",
    "If.remove_task_recursive": "the same",
    "ParallelFor.remove_task_recursive": "the same",
}
"""What of it no pipeline uses, and why."""


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda text: text)
def test_a_name_of_kfp_is_here_and_is_called_alike(module: str, name: str) -> None:
    with kfp_names():
        ours = getattr(importlib.import_module(module), name)
    theirs = SURFACE[module][name]
    found = [line for line in differences(name, theirs, ours) if line.partition(":")[0] not in INTERNAL]
    assert found == []


def test_what_is_called_internal_is_missing_indeed() -> None:
    lines = []
    with kfp_names():
        for module, name in NAMES:
            lines += differences(name, SURFACE[module][name], getattr(importlib.import_module(module), name))
    assert {line.partition(":")[0] for line in lines} == set(INTERNAL)


def differences(name: str, theirs: dict[str, Any], ours: Any) -> Iterator[str]:
    """What is not as in KFP, a line each: ``Name.member: what``."""
    if "value" in theirs and theirs["value"] != ours:
        yield f"{name}: is {ours!r}, not {theirs['value']!r}"
    if "call" in theirs:
        yield from (f"{name}(): {line}" for line in call_differences(theirs["call"], ours))
    for member, parameters in theirs.get("members", {}).items():
        if not hasattr(ours, member) and not is_field(ours, member):
            yield f"{name}.{member}: is missing"
        elif parameters is not None:
            lines = call_differences(parameters, getattr(ours, member))
            yield from (f"{name}.{member}: {line}" for line in lines)


def call_differences(theirs: list[list[Any]], ours: Any) -> Iterator[str]:
    """Each parameter of KFP's must be here, of its kind, with its default; more may follow if they have defaults."""
    parameters = dict(inspect.signature(ours).parameters)
    catches = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for place, (name, kind, default) in enumerate(theirs):
        if kind.startswith("VAR_"):
            if kind == "VAR_KEYWORD" and not catches:
                yield f"takes no **{name}"
            continue
        mine = parameters.pop(name, None)
        if mine is None:
            yield f"has no parameter {name}"
        elif kind == "POSITIONAL_OR_KEYWORD" and list(inspect.signature(ours).parameters).index(name) != place:
            yield f"has {name} in another place"
        elif mine.kind.name != kind:
            yield f"has {name} as {mine.kind.name}, not {kind}"
        elif not same_default(mine.default, default):
            yield f"has {name}={mine.default!r}, not {default}"
    more = [parameter for parameter in parameters.values() if parameter.default is parameter.empty]
    yield from (f"asks for {parameter.name}" for parameter in more if not parameter.kind.name.startswith("VAR_"))


def same_default(mine: Any, theirs: str | None) -> bool:
    """Equal as they are written; a default that is made for each call stands for None."""
    return theirs is None or repr(mine) == theirs or (repr(mine) == "<factory>" and theirs == "None")


def is_field(kind: Any, name: str) -> bool:
    """Whether a class's instances have this, although the class itself has not."""
    return name in getattr(kind, "__dataclass_fields__", {}) or name in inspect.signature(kind).parameters
