"""The condition language: what it reads, what it means, and what it says when it cannot."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kfbridge.spec.expression import (
    Expression,
    ExpressionError,
    Index,
    Literal,
    Logical,
    Member,
    Name,
    Unary,
    condition_holds,
    evaluate,
    loose_strings,
    names,
    parse,
    quote,
    unparse,
)

PARAMETERS = {
    "pipelinechannel--flip-Output": "heads",
    "n": 5,
    "half": 0.5,
    "flag": True,
    "text": "12",
    "nothing": None,
    "big": 2**53 + 1,
    "items": [1, 2, 3],
    "struct": {"a": {"b": "deep"}},
}


def value(text: str) -> object:
    return evaluate(parse(text), {"inputs": {"parameter_values": PARAMETERS}})


@pytest.mark.parametrize(
    "text",
    [
        "inputs.parameter_values['pipelinechannel--flip-Output'] == 'heads'",
        "inputs.parameter_values['pipelinechannel--flip-Output'] != \"tails\"",
        "int(inputs.parameter_values['n']) > 4",
        "int(inputs.parameter_values['n']) >= 5",
        "double(inputs.parameter_values['half']) < 1.0",
        "int(inputs.parameter_values['n']) <= 5",
        "inputs.parameter_values['flag'] == true",
        "!(int(inputs.parameter_values['n']) > 5)",
        "!(inputs.parameter_values['flag'] == false) && !(1 > 2)",
        "inputs.parameter_values['nothing'] == null",
        "inputs.parameters['pipelinechannel--flip-Output'].string_value == 'heads'",
        "inputs.parameters['n'].int_value == 5",
    ],
)
def test_conditions_that_compilers_write_hold(text: str) -> None:
    assert condition_holds(parse(text), {"inputs": {"parameter_values": PARAMETERS}}) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 % -3", 1),
        ("-7 % 3", -1),
        ("7.0 / 2", 3.5),
        ("1.0 / 0.0", math.inf),
        ("1 - 2 - 3", -4),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("- -1", 1),
        ("!true", False),
        ("1 == 1.0", True),
        ("9007199254740993 == 9007199254740992.0", False),
        ("1 == '1'", False),
        ("1 == true", False),
        ("[1, true] == [1, 1]", False),
        ("'b' > 'a' && 2 > 1.5", True),
        ("true ? 'yes' : 'no'", "yes"),
        ("false ? 1 : true ? 2 : 3", 2),
        ("2 in [1, 2]", True),
        ("'a' in inputs.parameter_values['struct']", True),
        ("inputs.parameter_values['items'][1]", 2),
        ("inputs.parameter_values['struct'].a['b']", "deep"),
        ("inputs.parameter_values['big'] - 1", 2**53),
        ("int('12') + int(3.9) + int(-3.9)", 12),
        ("double('1.5') + double(1)", 2.5),
        ("string(2.0) + string(true) + string(0.5)", "2true0.5"),
        ("bool('true')", True),
        ("size('abc') + size([1])", 4),
        ('parseJson(\'{"k": [1, 2]}\')["k"][0]', 1),
        ("0x10", 16),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-9223372036854775808", -(2**63)),
        (r"'it\'s \"q\" \n \x41 \u00e9 \101'", 'it\'s "q" \n A é A'),
        ("null", None),
    ],
)
def test_values(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_or_and_and_stop_at_the_first_operand_that_settles_them() -> None:
    assert value("true || inputs.parameter_values['missing']") is True
    assert value("false && inputs.parameter_values['missing']") is False


def test_as_in_cel_a_later_operand_can_settle_what_an_earlier_one_cannot() -> None:
    assert value("inputs.parameter_values['missing'] == 1 || true") is True
    with pytest.raises(ExpressionError, match="there is no key 'missing'"):
        value("inputs.parameter_values['missing'] == 1 || false")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 && true", '"&&" needs a bool, not int 1'),
        ("!1", '"!" needs a bool, not int 1'),
        ("'a' < 1", '"<" does not take string and int'),
        ("true + 1", '"\\+" does not take bool and int'),
        ("1 / 0", "division by zero"),
        ("1.5 % 2", '"%" does not take double and int'),
        ("9223372036854775807 + 1", "an integer beyond 64 bits"),
        ("int('1.5')", "int\\(\\) cannot convert string '1.5'"),
        ("int(true)", "int\\(\\) cannot convert bool"),
        ("bool('maybe')", "bool\\(\\) cannot convert string 'maybe'"),
        ("parseJson('{')", "parseJson\\(\\) needs JSON text"),
        ("parseJson(1)", "parseJson\\(\\) needs a string, not int"),
        ("[1][3]", "index 3 is outside a list of 1"),
        ("[1][true]", "a list is indexed by an int, not bool"),
        ("'abc'[0]", "string has no elements"),
        ("1 in 2", '"in" needs a list or a map on its right, not int'),
        ("other", 'there is no variable "other"'),
        ("inputs.parameter_values['missing']", "there is no key 'missing'"),
    ],
)
def test_what_has_no_value_is_an_error_that_shows_the_part(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        value(text)
    assert "in the expression `" in str(caught.value)


def test_a_condition_must_be_a_boolean() -> None:
    with pytest.raises(ExpressionError, match="a condition needs a bool, not int 1"):
        condition_holds(parse("1"), {})


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "a value expected, not the end"),
        ("1 +", 4, "a value expected, not the end"),
        ("(1", 3, '"\\)" expected for the "\\(" at column 1, not the end'),
        ("1)", 2, 'the end expected, not "\\)"'),
        ("a b", 3, 'the end expected, not "b"'),
        ("f(1)", 1, 'unknown function "f"'),
        ("a.contains('x')", 11, "a method"),
        ("1 = 1", 3, "unexpected character '='"),
        ("'abc", 1, "a string that is never closed"),
        ("9223372036854775808", 1, "an integer beyond 64 bits"),
        ("1 ? 2", 6, '":" expected, not the end'),
        ("int(1, 2)", 6, '"\\)" expected, not ","'),
        ("__import__('os').system('x')", 1, 'unknown function "__import__"'),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert caught.value.column == column
    assert f"at column {column} of the expression" in str(caught.value)
    assert caught.value.caret == f"{text}\n{' ' * (column - 1)}^"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "!" * 100_000 + "true",
        "[" * 100_000,
        "int(" * 100_000,
        "a" + "[0]" * 10_000,
        "1" + "+1" * 100_000,
        "a?" * 10_000,
        "(" * 99 + "1" + "[0]" * 90 + ")" * 99,
    ],
    ids=lambda text: text[:6],
)
def test_no_nesting_exhausts_the_stack(text: str) -> None:
    with pytest.raises(ExpressionError, match="100 levels of nesting"):
        parse(text)


def test_a_long_chain_is_one_node() -> None:
    expression = parse("true" + " && true" * 20_000)
    assert isinstance(expression, Logical)
    assert len(expression.operands) == 20_001
    assert evaluate(expression, {}) is True


def test_a_quote_that_kfp_did_not_escape_belongs_to_the_string() -> None:
    expression = parse("inputs.parameter_values['who'] == 'it's me' && true")
    assert loose_strings(expression) == ("it's me",)
    assert evaluate(expression, {"inputs": {"parameter_values": {"who": "it's me"}}}) is True


def test_a_backslash_that_kfp_did_not_escape_belongs_to_the_string() -> None:
    expression = parse(r"inputs.parameter_values['x'] == 'C:\dir'")
    assert loose_strings(expression) == ("C:\\dir",)


def test_strings_that_are_right_are_not_loose() -> None:
    assert loose_strings(parse(r"x == 'it\'s' || x == " + '"it\'s"')) == ()


def test_names_are_the_parameters_that_are_read() -> None:
    text = "inputs.parameter_values['a'] == 1 && !(int(inputs.parameter_values[\"b\"]) > 2)"
    assert names(parse(text)) == {"a", "b"}
    assert names(parse("inputs.parameters['old'].string_value == ''")) == {"old"}
    assert names(parse('parseJson(string_value)["k"]')) == frozenset()


def test_a_selector_reads_the_json_text_of_a_value() -> None:
    selector = parse('parseJson(string_value)["k"]')
    assert evaluate(selector, {"string_value": '{"k": {"deep": 9007199254740993}}'}) == {"deep": 2**53 + 1}


def test_the_tree_is_typed() -> None:
    expression = parse("!(inputs.parameter_values['a'])")
    assert expression == Unary("!", Index(Member(Name("inputs"), "parameter_values"), Literal("a")))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
leaves = st.one_of(
    st.booleans().map(Literal),
    st.integers(-(2**63), 2**63 - 1).map(Literal),
    st.floats(allow_nan=False, allow_infinity=False).map(Literal),
    texts.map(Literal),
    st.just(Literal(None)),
    st.just(parse("inputs.parameter_values['x']")),
)


def _grow(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    from kfbridge.spec.expression import Binary, Call, ListLiteral, Ternary

    symbols = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "+"])
    signs = st.sampled_from(["-", "*", "/", "%"])
    numbers = parts.filter(lambda part: "'" not in unparse(part))
    return st.one_of(
        st.builds(Binary, symbols, parts, parts),
        st.builds(Binary, signs, numbers, numbers),
        st.builds(Unary, st.sampled_from("!-"), parts),
        st.builds(Ternary, parts, parts, parts),
        st.builds(Call, st.sampled_from(["int", "string", "parseJson"]), parts),
        st.builds(Index, parts, parts),
        st.builds(Member, parts, st.sampled_from(["a", "b_c"])),
        st.lists(parts, max_size=3).map(lambda items: ListLiteral(tuple(items))),
    )


@given(st.recursive(leaves, _grow, max_leaves=20))
@example(Unary("-", Index(Literal(0), Literal(None))))
def test_unparse_is_the_inverse_of_parse(expression: Expression) -> None:
    assert parse(unparse(expression)) == expression


@given(texts)
def test_a_quoted_string_is_itself(text: str) -> None:
    literal = parse(quote(text))
    assert literal == Literal(text)
    assert loose_strings(literal) == ()


@given(st.text(alphabet="ab'\"\\()[]!&|=<>+-*/%?:,. 019_in\n", max_size=40))
def test_any_text_is_read_or_refused_with_an_expression_error(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert parse(unparse(expression)) == expression
