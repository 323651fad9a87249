"""The language of conditions and selectors in the IR: a part of CEL, read by a grammar.

    inputs.parameter_values['pipelinechannel--flip-Output'] == 'heads' && int(inputs.parameter_values['n']) > 3
    parseJson(string_value)["key"]

`parse` gives a typed tree, `evaluate` its value. Nothing is ever executed as Python.
"""

from __future__ import annotations

from kfbridge.spec.expression.evaluate import condition_holds, evaluate
from kfbridge.spec.expression.parser import parse
from kfbridge.spec.expression.problem import ExpressionError
from kfbridge.spec.expression.text import quote, unparse
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
    loose_strings,
    names,
)

__all__ = [
    "Binary",
    "Call",
    "Expression",
    "ExpressionError",
    "Index",
    "ListLiteral",
    "Literal",
    "Logical",
    "Member",
    "Name",
    "Ternary",
    "Unary",
    "condition_holds",
    "evaluate",
    "loose_strings",
    "names",
    "parse",
    "quote",
    "unparse",
]
