"""Values by declared type, from text, and in placeholders."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.errors import RunError
from kfbridge.graph.model import MISSING, ParameterType
from kfbridge.graph.values import convert, parse, to_text

T = ParameterType


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        ("text", T.STRING, "text"),
        (3, T.STRING, "3"),
        (3.0, T.STRING, "3"),
        (0.1, T.STRING, "0.1"),
        (True, T.STRING, "true"),
        ([1.0, "é"], T.STRING, '[1, "é"]'),
        ({"a": None}, T.STRING, '{"a": null}'),
        (900.0, T.NUMBER_INTEGER, 900),
        (2**53 + 1, T.NUMBER_INTEGER, 2**53 + 1),
        (10**30, T.NUMBER_INTEGER, 10**30),
        (3, T.NUMBER_DOUBLE, 3.0),
        (0.5, T.NUMBER_DOUBLE, 0.5),
        (False, T.BOOLEAN, False),
        ([1.0, 2.5, [3.0]], T.LIST, [1, 2.5, [3]]),
        ("[1, 2]", T.LIST, [1, 2]),
        ({"a": 1.0, "b": {"c": 2**60}}, T.STRUCT, {"a": 1, "b": {"c": 2**60}}),
        ('{"a": 1}', T.STRUCT, {"a": 1}),
        ({"state": "SUCCEEDED"}, T.TASK_FINAL_STATUS, {"state": "SUCCEEDED"}),
        (None, T.NUMBER_INTEGER, None),
        (MISSING, T.STRING, MISSING),
    ],
)
def test_a_value_takes_the_form_of_its_type(value: Any, type: ParameterType, expected: Any) -> None:
    found = convert(value, type, "train.x")
    assert found == expected
    assert found.__class__ is expected.__class__


@pytest.mark.parametrize(
    ("value", "type", "reason"),
    [
        ("5", T.NUMBER_INTEGER, "'5' is not a whole number"),
        (2.5, T.NUMBER_INTEGER, "2.5 is not a whole number"),
        (True, T.NUMBER_INTEGER, "true is not a whole number"),
        ("0.5", T.NUMBER_DOUBLE, "'0.5' is not a number"),
        (10**400, T.NUMBER_DOUBLE, "an integer of hundreds of digits is not a number"),
        (float("nan"), T.NUMBER_DOUBLE, "nan is not a number"),
        ("true", T.BOOLEAN, "'true' is not true or false"),
        (1, T.BOOLEAN, "1 is not true or false"),
        ("a,b", T.LIST, "'a,b' is not a JSON list"),
        ({"a": 1}, T.LIST, '{"a": 1} is not a JSON list'),
        ([1], T.STRUCT, "[1] is not a JSON object"),
        ("x" * 1000, T.STRUCT, "xxx... is not a JSON object"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(value: Any, type: ParameterType, reason: str) -> None:
    with pytest.raises(RunError) as caught:
        convert(value, type, "train.x")
    assert str(caught.value).startswith("train.x: ")
    assert reason in str(caught.value)
    assert f"Give a value of the type {type.value}." in str(caught.value)


@pytest.mark.parametrize(
    ("text", "type", "expected"),
    [
        (" 5", T.STRING, " 5"),
        (" 5 ", T.NUMBER_INTEGER, 5),
        ("9007199254740993", T.NUMBER_INTEGER, 2**53 + 1),
        ("5.0", T.NUMBER_INTEGER, 5),
        ("1e3", T.NUMBER_DOUBLE, 1000.0),
        ("true", T.BOOLEAN, True),
        ("False", T.BOOLEAN, False),
        ('["a", 1]', T.LIST, ["a", 1]),
        ('{"a": [1.0]}', T.STRUCT, {"a": [1]}),
    ],
)
def test_text_is_read_by_type(text: str, type: ParameterType, expected: Any) -> None:
    assert parse(text, type) == expected


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("five", T.NUMBER_INTEGER),
        ('"5"', T.NUMBER_INTEGER),
        ("", T.NUMBER_DOUBLE),
        ("NaN", T.NUMBER_DOUBLE),
        ("1", T.BOOLEAN),
        ("null", T.LIST),
        ("[" * 100_000, T.LIST),
        ("9" * 10_000, T.NUMBER_INTEGER),
    ],
)
def test_text_of_another_type_is_refused(text: str, type: ParameterType) -> None:
    with pytest.raises(ValueError, match=r" is not (a whole number|a number|true or false|a JSON list)"):
        parse(text, type)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        (6, "6"),
        (6.0, "6"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (-2.0, "-2"),
        (2**60 + 1, "1152921504606846977"),
        (True, "true"),
        (None, "null"),
        ([1.0, True, "x"], '[1, true, "x"]'),
        ({"k": {"deep": 2.5}}, '{"k": {"deep": 2.5}}'),
    ],
)
def test_text_in_a_placeholder(value: Any, text: str) -> None:
    assert to_text(value) == text


@given(st.integers())
def test_integers_are_exact_everywhere(number: int) -> None:
    assert convert(number, T.NUMBER_INTEGER, "x") == number
    assert convert([number, {"a": number}], T.LIST, "x") == [number, {"a": number}]
    assert parse(to_text(number), T.NUMBER_INTEGER) == number
