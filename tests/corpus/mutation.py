"""Damages pipelines in ways that keep most of their structure, and says what kfbridge makes of them.

``python -m tests.corpus.mutation --seconds 300 --seed 1`` goes on for that long over the whole corpus; each find is
printed with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import copy
import faulthandler
import functools
import json
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from kfbridge.backends.base import Target
from kfbridge.backends.local.backend import LocalBackend
from kfbridge.backends.local.config import Config
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.executor_input import command_line, executor_input
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import KfbridgeError
from kfbridge.graph.arguments import bind_arguments, required_inputs
from kfbridge.graph.model import Graph, ParameterType
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import read_text
from kfbridge.spec.validate import warnings
from tests.conftest import corpus_files
from tests.engine.fake import World

GROUPS = ("valid", "argo_compatibility", "kubernetes", "invalid")
STEPS = 3000
"""A damaged pipeline may be endless (a retry without end): its run is watched for so many events."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, 1e308, 5e-324, float("inf"), float("nan"),
    "", " ", "\0", "\ud800", "x" * 5000, "ü\n'\"", "1", "1e999", "999999999999s", "-1s", "0.1s", "null", "[]", "[[[",
    "{{$", "{{$}}", "{{$.inputs.parameters['", "{{$.inputs.parameters['nothing']}}", "{{$.outputs.artifacts['x'].uri}}",
    "{{$.workspace_path}}", "{{$.inputs.artifacts['x'].metadata['y']}}", "{{$.json_escape[999999999]}}",
    '{"Concat": [', '{"Concat": [{"IfPresent": {}}]}', '{"IfPresent": {"InputName": []}}', "int(inputs)", "1 == 1",
    "inputs.parameter_values['x'] == 1", "parseJson(string_value)['a']", "(" * 300, "!" * 3000 + "true", "1 / 0",
    "int('9'*99)", "[1, 2, 3]", '[{"a": [1]}]', '{"a": 1', [], {}, [[]], [None], {"": None}, {"constant": 1},
    {"name": "x"}, {"runtimeValue": {}}, {"taskOutputParameter": {"producerTask": "x"}},
    {"runtimeValue": {"constant": "{{$.inputs.parameters['x']}}"}},
)  # fmt: skip

DEEP = "@deep@"
"""Stands for what Python's own stack is too small to copy."""


def mutated(data: Any, random: Random) -> Any:
    """A copy of a document (or a list of them) with one to six damages."""
    data = copy.deepcopy(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        part = (
            data[-1] if data and random.random() < 0.2 else data
        )  # the platform document is small, and would rarely be hit
        places = list(_places(part))
        if places:
            owner, key = random.choice(places)
            random.choice(DAMAGES)(owner, key, places, random)
    return data


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys or positions."""
    stack = [data]
    while stack:
        one = stack.pop()
        keys: Any = one.keys() if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            stack.append(one[key])


def _delete(owner: Any, key: Any, places: Any, random: Random) -> None:
    del owner[key]


def _odd(owner: Any, key: Any, places: Any, random: Random) -> None:
    owner[key] = copy.deepcopy(random.choice(ODD))


def _swap(owner: Any, key: Any, places: Any, random: Random) -> None:
    """Put a copy of something else of the pipeline here: a reference to another task, say, or a whole subtree."""
    other, there = random.choice([one for one in places if type(one[0][one[1]]) is type(owner[key])])
    owner[key] = copy.deepcopy(other[there])


def _move(owner: Any, key: Any, places: Any, random: Random) -> None:
    other, there = random.choice(places)
    owner[key] = copy.deepcopy(other[there])


def _rename(owner: Any, key: Any, places: Any, random: Random) -> None:
    """A key by another name: one that stands elsewhere, or one that is odd."""
    names = [str(there) for _, there in places] + [text for text in ODD if isinstance(text, str)]
    if isinstance(owner, dict):
        owner[random.choice(names)] = owner.pop(key)


def _again(owner: Any, key: Any, places: Any, random: Random) -> None:
    """The same once more, beside it."""
    if isinstance(owner, list):
        owner.extend([copy.deepcopy(owner[key])] * random.choice((1, 1, 50)))
    else:
        owner[f"{key}-2"] = copy.deepcopy(owner[key])


def _type(owner: Any, key: Any, places: Any, random: Random) -> None:
    """The same in another type."""
    owner[key] = random.choice((str, lambda value: [value], lambda value: {"a": value}, _number, bool, json.dumps))(
        owner[key]
    )


def _number(value: Any) -> Any:
    return len(value) if hasattr(value, "__len__") else value


def _deep(owner: Any, key: Any, places: Any, random: Random) -> None:
    """The same under some brackets, or something else under very many."""
    if random.random() < 0.3:
        owner[key] = DEEP
        return
    for _ in range(random.choice((10, 90))):
        owner[key] = [owner[key]] if random.random() < 0.5 else {"a": owner[key]}


def _within(owner: Any, key: Any, places: Any, random: Random) -> None:
    """A text with something lost, or odd in it."""
    text = owner[key]
    if isinstance(text, str) and text:
        at = random.randrange(len(text))
        inserted = random.choice([*"'\"[](){}$.!&|<>=%0x ", *(odd for odd in ODD if isinstance(odd, str)), ""])
        owner[key] = text[:at] + inserted + text[at + random.randrange(3) :]


DAMAGES: tuple[Callable[[Any, Any, Any, Random], None], ...] = (
    _delete, _delete, _odd, _odd, _swap, _swap, _move, _rename, _again, _type, _deep, _within, _within,
)  # fmt: skip


# What is done with it --------------------------------------------------------------------------------

VALUES: dict[ParameterType, Any] = {
    ParameterType.STRING: "s",
    ParameterType.NUMBER_INTEGER: 3,
    ParameterType.NUMBER_DOUBLE: 0.5,
    ParameterType.BOOLEAN: True,
    ParameterType.LIST: [1, "two", {"a": 3}],
    ParameterType.STRUCT: {"a": 1},
    ParameterType.TASK_FINAL_STATUS: {},
    ParameterType.TASK_CONFIG: {},
}


def taken(text: str, folder: Path) -> str:
    """How far the text of a pipeline comes; whatever is wrong with it must be told as a `KfbridgeError`.

    Returns:
        Where it was refused (``read``, ``resolve``, ``arguments``, ``plan``), or how its run ended.
    """
    stage = "read"
    try:
        document = read_text(text)
        stage = "resolve"
        graph = resolve(document)
        list(warnings(document))
        stage = "arguments"
        ports = graph.root.inputs.parameters
        needed = required_inputs(graph)
        given = {name: VALUES[ports[name].type] if name in ports else "/data" for name in needed}
        arguments = bind_arguments(graph, given)
        stage = "plan"
        target = Target("local", Config(containers="host", artifact_root=str(folder)), folder)
        LocalBackend(target).plan(graph, arguments, text)
    except KfbridgeError as error:
        assert str(error).strip()
        return stage
    return ran(graph, arguments)


def ran(graph: Graph, arguments: dict[str, Any]) -> str:
    """How a run over steps that only pretend ends: its state, or ``endless``."""
    world = World(graph, _outcome, failure_policy="slow", workspace_path="/work", pipeline_root="/root")
    world.begin(**arguments)
    for _ in range(STEPS):
        if world.ended is not None:
            world.scheduler.outputs()
            return world.ended
        if world.running:
            world.finish(next(iter(world.running)))
        else:
            assert world.wakes, f"nothing runs, nothing waits, and the run has not ended: {world.states()}"
            world.pass_time()
    return "endless"


class _Layout:
    executor_output = "/out/executor_output.json"

    def artifact_uri(self, name: str) -> str:
        return f"/artifacts/{name}"

    def parameter_file(self, name: str) -> str:
        return f"/out/{name}"


def _outcome(invocation: TaskInvocation) -> Outputs | str:
    """Make what a runner would start, and pretend that it went well."""
    try:
        given = executor_input(invocation, _Layout())
        json.dumps(given)
        command_line(invocation, given, RunContext("run-1", "pipeline", 1000.0, {"workspace_path": "/work"}))
    except KfbridgeError as error:
        return str(error)
    return Outputs(
        {name: VALUES[port.type] for name, port in invocation.outputs.parameters.items()},
        {
            name: [Artifact(name, port.schema_title, f"/{name}", {"key": 1})]
            for name, port in invocation.outputs.artifacts.items()
        },
    )


def as_text(documents: list[Any]) -> str:
    """Documents as YAML that is JSON, which keeps whatever can be written."""
    text = "\n---\n".join(json.dumps(document) for document in documents)
    return text.replace(json.dumps(DEEP), "[" * 20_000 + "]" * 20_000)


@functools.cache
def documents(path: Path) -> list[Any]:
    """The documents of a file."""
    return list(yaml.load_all(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def damaged(seed: int) -> tuple[Path, str]:
    """A file of the corpus, and what the damage of this seed makes of it."""
    random = Random(seed)
    path = random.choice(corpus_files(*GROUPS))
    return path, as_text(mutated(documents(path), random))


def main() -> None:
    """Go on for a while; print what was found, and how often each outcome came."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts, known = dict[str, int](), set[str]()
    until, seed = time.monotonic() + options.seconds, options.seed
    while time.monotonic() < until:
        path, text = damaged(seed)
        begin = time.monotonic()
        faulthandler.dump_traceback_later(30)
        try:
            outcome = taken(text, Path("/nowhere"))
        except Exception as error:  # noqa: BLE001  every one is a find
            outcome = f"{type(error).__name__} at {traceback.extract_tb(error.__traceback__)[-1]}"
            if outcome not in known:
                print(f"seed {seed}, {path.stem}:", *traceback.format_exception(error)[-12:], flush=True)
                known.add(outcome)
        if time.monotonic() - begin > 5:
            print(f"seed {seed}, {path.stem}: took {time.monotonic() - begin:.1f} s", flush=True)
        counts[outcome] = counts.get(outcome, 0) + 1
        seed += 1
    print(f"{seed - options.seed} pipelines, seeds {options.seed} to {seed - 1}: {counts}")


if __name__ == "__main__":
    main()
