"""Nothing that a file can hold makes the reader fail in any way but its own."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge.errors import KfbridgeError
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import from_data, read_text
from kfbridge.spec.write import write_yaml
from tests.spec.test_validate import GOOD

PIECES = [
    "root:",
    "pipelineInfo:",
    "name:",
    "dag:",
    "tasks:",
    "t:",
    "inputs:",
    "components:",
    "-",
    "&",
    "*",
    "&a",
    "*a",
    "!!int",
    "!!str",
    "!t",
    "|",
    ">",
    "|2-",
    "{",
    "}",
    "[",
    "]",
    ",",
    "'",
    '"',
    "?",
    ":",
    "#",
    "%",
    "---",
    "...",
    "<<",
    "1",
    "1.5",
    "true",
    "null",
    "~",
    "x",
    "apiVersion:",
    "kind:",
    "Workflow",
    "platforms:",
    "kubernetes:",
    "\t",
    "\\",
    "@",
    "`",
]

yaml_like = st.lists(
    st.one_of(st.sampled_from(PIECES), st.sampled_from(["\n", "\n  ", "\n    ", " ", "\n- "]), st.text(max_size=3)),
    max_size=30,
).map("".join)

junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda parts: st.one_of(st.lists(parts, max_size=3), st.dictionaries(st.text(max_size=5), parts, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(yaml_like, st.text(), st.text(alphabet='{}[]":,1a\\ue- \n')))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        document = read_text(text)
        resolve(document)
    except KfbridgeError as error:
        assert str(error)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        found += paths(value, (*path, key))
    return found


PATHS = paths(GOOD)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(PATHS), junk), min_size=1, max_size=3))
def test_any_damage_to_a_pipeline_is_harmless_or_refused(damages: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = GOOD
    for path, value in damages:
        data = _replace(data, path, value)
    try:
        resolve(from_data([data]))
        resolve(read_text(write_yaml(data)))
    except KfbridgeError as error:
        assert str(error)


def _replace(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(data, dict) and path[0] in data:
        return data | {path[0]: _replace(data[path[0]], path[1:], value)}
    return data
