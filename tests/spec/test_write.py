"""The emitter: whatever is written is read back equal, by every reader."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge.errors import SpecError
from kfbridge.spec.tree import plain_documents
from kfbridge.spec.write import write_json, write_yaml

# fmt: off
TRAPS = [
    *("yes", "no", "on", "off", "y", "N", "null", "~", "true", "FALSE", "1e3", "0o7", "1_000", "12:30:45", ".inf"),
    *("-.inf", ".nan", "=", "<<", "0x1f", "0b1", "1.5", "-1", "+1", "2001-01-01", "1.2.3", "-", "--", "---", "..."),
    *("?", ":", "#", "'", '"', "|", ">", "%", "@", "`", "!", "&", "*", "{}", "[]", "{a", "[a", "a:", ":a", "#a", "a#"),
    *("x:y", "C:\\", "*a", "&a", "!a", "%a", "@a", "a,b", ",", "-1a", "a/b", "$x", "~x"),
]
# fmt: on
TRAPS += ["", " ", " a", "a ", "a b", "a  b", "a: b", "a #b", "- a", "? a", "! a", "a, b", "a,", "--- a", "... a"]
TRAPS += [
    "\n",
    "a\n",
    "\na",
    "a\nb",
    "a\n\n",
    " a\nb",
    "\ta\nb",
    "a\n b\n",
    "a\n\tb\n",
    "a\n \n",
    "a\n  ",
    "\n \na",
    "a\nb ",
]
TRAPS += [
    "a\n---\nb",
    "a\n...\nb",
    "---\na",
    "a\n# b",
    "#a\nb",
    "a\r\nb",
    "\r",
    "a\rb",
    "\t",
    "a\tb",
    "a\\nb",
    "a\n\n\nb\n\n\n",
]
TRAPS += [
    "\x00",
    "\x07",
    "\x1b[0m",
    "\x7f",
    "\x85",
    "a\x85b\n",
    "\xa0",
    "\u2028",
    "a\u2029b\nc",
    "\ufeff",
    "\ufeffa\nb",
    "\ufffe",
]
TRAPS += ["é", "日本語", "😀", "😀\n😀\n", "\U0010ffff", "x" * 5000, "x y\n" * 3000, "'" * 300, "\\" * 300]

texts = st.one_of(
    st.sampled_from(TRAPS),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(alphabet="ab \n\t:#-'\"|>[]{}&*!%@`,?\\0123.eE_~=/+"),
    st.lists(st.sampled_from(TRAPS), max_size=4).map("".join),
)
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts)
values = st.recursive(
    leaves,
    lambda parts: st.one_of(st.lists(parts, max_size=4), st.dictionaries(texts, parts, max_size=4)),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    """Equal, types included: 1 is not 1.0 and not true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(texts, values, max_size=4), texts)
def test_what_is_written_is_read_back_equal(data: dict[str, Any], header: str) -> None:
    text = write_yaml(data, header)
    assert same(yaml.load(text, Loader=yaml.CSafeLoader), data)
    assert same(yaml.load(text, Loader=yaml.SafeLoader), data)
    assert same(plain_documents(text), [data])


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: repr(trap)[:20])
def test_every_trap_survives_as_key_value_and_item(trap: str) -> None:
    data = {trap: trap, "list": [trap, [trap], {trap: [trap]}], "nested": {"deep": {trap: trap}}}
    text = write_yaml(data)
    assert same(yaml.load(text, Loader=yaml.CSafeLoader), data)
    assert same(yaml.load(text, Loader=yaml.SafeLoader), data)
    assert same(plain_documents(text), [data])


def test_json_is_read_back_equal() -> None:
    data = {trap: [trap] for trap in TRAPS if trap not in ("\x7f", "\x85", "\ufffe", "a\x85b\n")}
    assert json.loads(write_json(data)) == data


def test_the_style_is_that_of_kfp() -> None:
    data = {
        "schemaVersion": "2.1.0",
        "root": {"dag": {"tasks": {"train": {"dependentTasks": ["load"], "cachingOptions": {}}}}},
        "executor": {"args": ["--executor_input", "{{$}}"], "command": ["sh", "-c", "\nexit 1\n"], "env": []},
        "numbers": [1, 1.0, 1e300, -0.5, True, None],
    }
    assert write_yaml([data, {"platforms": {}}], "PIPELINE DEFINITION\n# Name: train") == (
        "# PIPELINE DEFINITION\n"
        "# Name: train\n"
        "executor:\n"
        "  args:\n"
        "  - --executor_input\n"
        "  - '{{$}}'\n"
        "  command:\n"
        "  - sh\n"
        "  - -c\n"
        "  - |2\n"
        "\n"
        "    exit 1\n"
        "  env: []\n"
        "numbers:\n"
        "- 1\n"
        "- 1.0\n"
        "- 1.0e+300\n"
        "- -0.5\n"
        "- true\n"
        "- null\n"
        "root:\n"
        "  dag:\n"
        "    tasks:\n"
        "      train:\n"
        "        cachingOptions: {}\n"
        "        dependentTasks:\n"
        "        - load\n"
        "schemaVersion: 2.1.0\n"
        "---\n"
        "platforms: {}\n"
    )


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x00"])
def test_a_header_stays_a_comment_whatever_is_in_it(line_break: str) -> None:
    text = write_yaml({"a": 1}, f"Name: x{line_break}root: injected{line_break}--- ")
    assert yaml.load(text, Loader=yaml.CSafeLoader) == {"a": 1}
    assert yaml.load(text, Loader=yaml.SafeLoader) == {"a": 1}
    assert plain_documents(text) == [{"a": 1}]


def test_a_stream_gets_the_same_text_in_pieces() -> None:
    data = {f"key-{number}": {"list": [number, "text\nmore\n"]} for number in range(20_000)}
    stream = io.StringIO()
    assert write_yaml(data, "header", stream) == ""
    assert stream.getvalue() == write_yaml(data, "header")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"a": {"b": ["\ud800"]}}, r"a\.b\[0\]: text with half of a surrogate pair"),
        ({"a\ud800": 1}, "half of a surrogate pair"),
        ({"a": {"b": object()}}, r"a\.b: a value of the type object, which is not plain data"),
        ({"a": {1: 2}}, "a: the key 1 is not text"),
        ({"a": [{1, 2}]}, r"a\[0\]: a value of the type set"),
        ({"a": b"x"}, "a: a value of the type bytes"),
        ({"a": 10**5000}, "a: an integer of thousands of digits"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_path(data: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        write_yaml(data)
    with pytest.raises(SpecError, match=message):
        write_json(data)


def test_data_that_contains_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["again"] = data
    with pytest.raises(SpecError, match="nested more than 200 levels deep, or contains itself"):
        write_yaml(data)


def test_json_has_no_room_for_a_platform_document() -> None:
    with pytest.raises(SpecError, match="JSON has no room for platform settings"):
        write_json([{"root": {}}, {"platforms": {}}])
