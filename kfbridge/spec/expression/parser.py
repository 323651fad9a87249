"""Tokens to a tree, by precedence climbing."""

from __future__ import annotations

from kfbridge.spec.expression.problem import ExpressionError
from kfbridge.spec.expression.tokens import Token, tokenize
from kfbridge.spec.expression.tree import (
    Binary,
    Call,
    Expression,
    Index,
    ListLiteral,
    Literal,
    Logical,
    Member,
    Name,
    Ternary,
    Unary,
    depth,
)

FUNCTIONS = ("bool", "double", "int", "parseJson", "size", "string")
MAX_DEPTH = 100
MAX_LENGTH = 1_000_000
_TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting"

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LOGICAL = {"||": 1, "&&": 2}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
BINDING = {**_LOGICAL, **dict.fromkeys(_COMPARISONS, 3), "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
"""How strongly an operator holds its operands together; the ternary holds weakest (0)."""

# IR of schema 2.0.0 names the value's type: inputs.parameters['x'].string_value
_TYPED_VALUES = ("string_value", "int_value", "double_value")
_OLD_PARAMETERS = Member(Name("inputs"), "parameters")
_PARAMETERS = Member(Name("inputs"), "parameter_values")


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: where the text is not of the language, with the column.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"more than {MAX_LENGTH} characters", text=text)
    parser = _Parser(text)
    expression = parser.ternary()
    parser.expect("end")
    if depth(expression) > MAX_DEPTH:
        raise ExpressionError(_TOO_DEEP, text=text)
    return expression


class _Parser:
    """Reads the tokens from left to right; `open` counts what is unfinished, so that no text exhausts the stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.token = next(self.tokens)
        self.open = 0

    # Moving along

    def advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def accept(self, kind: str) -> bool:
        if self.token.kind != kind:
            return False
        self.advance()
        return True

    def expect(self, kind: str) -> None:
        if not self.accept(kind):
            wanted = "the end" if kind == "end" else f'"{kind}"'
            raise self.unexpected(f"{wanted} expected, not {self.shown()}")

    def shown(self) -> str:
        if self.token.kind == "end":
            return "the end"
        return f"{self.token.value!r}" if self.token.kind == "string" else f'"{self.token.value}"'

    def unexpected(self, reason: str) -> ExpressionError:
        return ExpressionError(reason, text=self.text, column=self.token.column)

    def deeper(self) -> None:
        self.open += 1
        if self.open > MAX_DEPTH:
            raise self.unexpected(_TOO_DEEP)

    # The grammar, weakest operator first

    def ternary(self) -> Expression:
        condition = self.binary(1)
        if not self.accept("?"):
            return condition
        self.deeper()
        then = self.ternary()
        self.expect(":")
        condition = Ternary(condition, then, self.ternary())
        self.open -= 1
        return condition

    def binary(self, least: int) -> Expression:
        self.deeper()
        left = self.unary()
        while (binding := BINDING.get(self.operator(), 0)) >= least:
            operator = str(self.advance().value)
            right = self.binary(binding + 1)
            left = self.chain(operator, left, right) if operator in _LOGICAL else Binary(operator, left, right)
        self.open -= 1
        return left

    def chain(self, operator: str, *operands: Expression) -> Logical:
        """The rest of ``a && b && ...``: one node, however long."""
        found = list(operands)
        while self.accept(operator):
            found.append(self.binary(_LOGICAL[operator] + 1))
        return Logical(operator, tuple(found))

    def operator(self) -> str:
        return "in" if self.token.kind == "name" and self.token.value == "in" else self.token.kind

    def unary(self) -> Expression:
        operators = []
        while self.token.kind in ("!", "-"):
            operators.append(self.advance().kind)
        # -9223372036854775808 is one number: without its sign it would not fit into 64 bits
        negative = self.token.kind == "number" and operators[-1:] == ["-"]
        value = self.postfix(negative)
        for operator in reversed(operators[: len(operators) - negative]):
            value = Unary(operator, value)
        return value

    def postfix(self, negative: bool) -> Expression:
        value = self.primary(negative)
        while True:
            if self.accept("."):
                value = self.member(value)
            elif self.accept("["):
                value = Index(value, self.ternary())
                self.expect("]")
            else:
                return value

    def member(self, value: Expression) -> Expression:
        if self.token.kind != "name":
            raise self.unexpected(f"a name expected, not {self.shown()}")
        name = str(self.advance().value)
        if self.token.kind == "(":
            raise self.unexpected(f'a method, ".{name}(...)", which the condition language does not have')
        if name in _TYPED_VALUES and isinstance(value, Index) and value.value == _OLD_PARAMETERS:
            return Index(_PARAMETERS, value.key)
        return Member(value, name)

    def primary(self, negative: bool) -> Expression:
        column, token = self.token.column, self.token
        if token.kind == "number":
            return self.number(negative)
        if token.kind == "string":
            self.advance()
            return Literal(token.value, token.loose)
        if token.kind == "name" and token.value != "in":
            return self.word()
        if self.accept("("):
            value = self.ternary()
            if not self.accept(")"):
                raise self.unexpected(f'")" expected for the "(" at column {column}, not {self.shown()}')
            return value
        if self.accept("["):
            return self.items()
        raise self.unexpected(f"a value expected, not {self.shown()}")

    def number(self, negative: bool) -> Literal:
        value = self.token.value
        if not negative and value == 2**63 and isinstance(value, int):
            raise self.unexpected("an integer beyond 64 bits")
        self.advance()
        return Literal(-value if negative else value)  # type: ignore[operator]  # a number's value is one

    def word(self) -> Expression:
        column = self.token.column
        name = str(self.advance().value)
        if name in _WORDS:
            return Literal(_WORDS[name])
        if self.token.kind != "(":
            return Name(name)
        if name not in FUNCTIONS:
            raise ExpressionError(
                f'unknown function "{name}"',
                text=self.text,
                column=column,
                remedy=f"The functions are {', '.join(FUNCTIONS)}.",
            )
        self.advance()
        argument = self.ternary()
        self.expect(")")
        return Call(name, argument)

    def items(self) -> ListLiteral:
        found: list[Expression] = []
        while self.token.kind != "]":
            found.append(self.ternary())
            if not self.accept(","):
                break
        self.expect("]")
        return ListLiteral(tuple(found))
