"""A step's own evaluator means what the condition language means."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kfbridge.runtime import bundle, predicate
from kfbridge.spec._predicate import LOADER, PACKED
from kfbridge.spec.expression import (
    Binary,
    Call,
    Expression,
    ExpressionError,
    Index,
    ListLiteral,
    Literal,
    Logical,
    Member,
    Name,
    Ternary,
    Unary,
    condition_holds,
    evaluate,
    names,
    parse,
)
from kfbridge.spec.expression.parser import FUNCTIONS
from kfbridge.spec.predicate import conditions_text, tree_of, unwrap, wrap
from tests.runtime.steps import python_or_skip

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.sampled_from(["", "a", "1", "-2", "+3", "--1", "1.5", "true", "False", "null", "[1]", '{"a": 1}', "1_0", "٣"]),
    st.text(max_size=3),
)
data = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abn"), inner, max_size=2)),
    max_leaves=4,
)
inputs = st.sampled_from("abc").map(lambda name: Index(Member(Name("inputs"), "parameter_values"), Literal(name)))
leaves = st.one_of(scalars.map(Literal), inputs, inputs)
BINARY = ("==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%")


def grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from(BINARY), inner, inner),
        st.builds(Unary, st.sampled_from("!-"), inner),
        st.builds(Call, st.sampled_from(FUNCTIONS), inner),
        st.builds(Index, inner, inner),
        st.builds(Member, inner, st.sampled_from("abn")),
        st.builds(Ternary, inner, inner, inner),
        st.builds(Logical, st.sampled_from(("&&", "||")), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(ListLiteral, st.lists(inner, max_size=3).map(tuple)),
    )


def meaning(value: Any) -> Any:
    """A value, so that 1, 1.0 and True differ, and not a number is like itself."""
    if isinstance(value, list):
        return [meaning(one) for one in value]
    if isinstance(value, dict):
        return {key: meaning(one) for key, one in value.items()}
    return type(value).__name__, repr(value)


@settings(deadline=None, max_examples=400)
@given(st.recursive(leaves, grow, max_leaves=10), st.fixed_dictionaries(dict.fromkeys("abc", data)))
@example(parse("-7 / 2 == -3 && 7 % -3 == 1 && 1.0 / 0.0 > 5"), {})
@example(parse("inputs.parameter_values['a'] == '3'"), {"a": 3})
@example(parse("1 == 'x' || int('nine') == 9"), {})
def test_the_same_values_and_the_same_refusals(expression: Expression, values: dict[str, Any]) -> None:
    variables = {"inputs": {"parameter_values": values}}
    tree = json.loads(json.dumps(tree_of(expression)))
    try:
        expected = meaning(evaluate(expression, variables))
    except ExpressionError:
        expected = None
    try:
        found = meaning(predicate.evaluate(tree, variables))
    except ValueError:
        found = None
    assert found == expected


@settings(deadline=None, max_examples=200)
@given(st.recursive(leaves, grow, max_leaves=10), st.dictionaries(st.sampled_from("abc"), data))
def test_a_condition_holds_where_it_does_for_the_engine(expression: Expression, values: dict[str, Any]) -> None:
    given = {**dict.fromkeys(names(expression)), **values}
    task = {"inputs": {"parameterValues": values}, "outputs": {}}
    try:
        known = {name: given[name] for name in names(expression)}
        expected: Any = condition_holds(expression, {"inputs": {"parameter_values": known}})
    except ExpressionError:
        expected = None
    try:
        found: Any = predicate.decide(conditions_text([expression]), task) is None
    except ValueError:
        found = None
    assert found == expected


def test_an_outer_condition_that_is_false_keeps_inner_ones_from_being_looked_at() -> None:
    text = conditions_text([parse("inputs.parameter_values['a'] == 1"), parse("int(inputs.parameter_values['b']) > 0")])
    assert predicate.decide(text, {"inputs": {"parameterValues": {"a": 2, "b": "x"}}}) == "its condition is false"
    assert predicate.decide(text, {"inputs": {"parameterValues": {"a": 1, "b": 3}}}) is None


def test_a_wrapped_command_is_known_again() -> None:
    condition = parse("inputs.parameter_values['a'] == 1")
    command = wrap(["python3", "train.py"], [condition], {"a": "NUMBER_INTEGER"})
    assert command is not None
    found = unwrap(command)
    assert found is not None
    assert found.command == ("python3", "train.py")
    assert found.conditions == conditions_text([condition])
    assert unwrap(["python3", "train.py"]) is None


def test_a_shell_takes_no_more_than_it_can_compare() -> None:
    types = {"a": "STRING", "n": "NUMBER_INTEGER", "x": "NUMBER_DOUBLE"}
    value = "inputs.parameter_values['%s']"
    for text, possible in (
        (f"{value % 'a'} == 'it''s'".replace("''", "\\'"), True),
        (f"{value % 'n'} < 3 && !({value % 'n'} == 1)", True),
        (f"{value % 'a'} == 3", False),
        (f"{value % 'a'} < 'b'", False),
        (f"{value % 'x'} == 0.5", False),
        (f"{value % 'unknown'} == 1", False),
        (f"int({value % 'a'}) == 1", False),
    ):
        assert (wrap(["sh", "-c", "true"], [parse(text)], types) is not None) == possible, text


def test_the_committed_text_is_fresh() -> None:
    fresh, committed = ast.parse(bundle.predicate_source()), ast.parse(bundle.unpack(PACKED))
    assert ast.dump(fresh) == ast.dump(committed), "run: python -m kfbridge.runtime.bundle"
    assert bundle.PREDICATE_LOADER == LOADER
    assert len(PACKED) < 4000


@pytest.mark.parametrize("version", ["3.8", "3.11", "3.13"])
def test_any_python_of_an_image_can_look(version: str, tmp_path: Path) -> None:
    command = wrap(["python3", "-c", "print('it ran')"], [parse("int(inputs.parameter_values['n']) > 2")], {})
    assert command is not None
    output = tmp_path / "made" / "executor_output.json"
    for number, printed in ((3, "it ran"), (1, "skipped: its condition is false")):
        task = {"inputs": {"parameterValues": {"n": number}}, "outputs": {"outputFile": str(output)}}
        words = [json.dumps(task) if word == "{{$}}" else word for word in command]
        found = subprocess.run([python_or_skip(version), *words[1:]], capture_output=True, text=True, check=True)
        assert found.stdout.strip() == printed
    assert json.loads(output.read_text()) == {"kfbridge": {"skipped": "its condition is false"}}
    broken = [json.dumps({**task, "inputs": {}}) if word == "{{$}}" else word for word in command]
    found = subprocess.run([python_or_skip(version), *broken[1:]], capture_output=True, text=True)
    assert found.returncode == 1
    assert found.stderr.strip() == 'error: its condition cannot be evaluated: "int()" does not take null'
