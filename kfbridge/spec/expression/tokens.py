"""Text to tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kfbridge.spec.expression.problem import ExpressionError


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: `kind` is ``name``, ``number``, ``string``, ``end``, or the operator itself."""

    kind: str
    value: str | int | float
    column: int
    loose: bool = False


_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>0[xX][0-9a-fA-F]+ | (?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)? | \d+(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<quote>['"])
  | (?P<operator>&&|\|\||==|!=|<=|>=|[<>!+\-*/%?:.,()\[\]])
    """,
    re.VERBOSE,
)

# A closing quote is followed by one of these; any other quote of that kind is a part of the text that was
# not escaped. Of what CEL accepts, only subtracting from a string and the like is read differently.
_AFTER_STRING = re.compile(r"\s*(?:$|&&|\|\||==|!=|<|>|[)\],?:+\[]|\.[A-Za-z_]|in\b)")

_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?"}
_ESCAPES |= {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CODE = re.compile(r"[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})")
_LARGEST = 2**63


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of `text`, and an ``end`` token.

    Raises:
        ExpressionError: for a character, number or string that the language does not have.
    """
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise ExpressionError(f"unexpected character {text[position]!r}", text=text, column=position + 1)
        kind, piece, column = str(match.lastgroup), match.group(), position + 1
        position = match.end()
        if kind == "quote":
            token, position = _string(text, position - 1)
            yield token
        elif kind == "number":
            yield Token("number", _number(piece, text, column), column)
        elif kind == "name":
            yield Token("name", piece, column)
        elif kind == "operator":
            yield Token(piece, piece, column)
    yield Token("end", "", len(text) + 1)


def _number(piece: str, text: str, column: int) -> int | float:
    if piece[:2] in ("0x", "0X"):
        value: int | float = int(piece, 16)
    elif piece.isdecimal():
        value = int(piece) if len(piece) <= 40 else _LARGEST + 1
    else:
        return float(piece)
    if value > _LARGEST:
        raise ExpressionError("an integer beyond 64 bits", text=text, column=column)
    return value


def _string(text: str, start: int) -> tuple[Token, int]:
    """The string that opens at `start`, and the position after it."""
    quote, position, loose = text[start], start + 1, False
    parts: list[str] = []
    while position < len(text):
        char = text[position]
        if char == quote and _AFTER_STRING.match(text, position + 1):
            return Token("string", "".join(parts), start + 1, loose), position + 1
        if char == "\\":
            part, position, valid = _escape(text, position)
            loose = loose or not valid
        else:
            part, position = char, position + 1
            loose = loose or char in (quote, "\n", "\r")
        parts.append(part)
    raise ExpressionError(
        f"a string that is never closed with {quote}",
        text=text,
        column=start + 1,
        remedy=f"Close the string, or escape a {quote} that belongs to it as \\{quote}.",
    )


def _escape(text: str, position: int) -> tuple[str, int, bool]:
    """What the backslash at `position` stands for, the position after it, and whether CEL has this escape."""
    following = text[position + 1 : position + 2]
    if following and following in _ESCAPES:
        return _ESCAPES[following], position + 2, True
    code = _CODE.match(text, position + 1)
    if code is None:
        return "\\", position + 1, False
    hexadecimal = code[1] or code[2] or code[3]
    value = int(hexadecimal, 16) if hexadecimal else int(code[4], 8)
    if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
        return "\\", position + 1, False
    return chr(value), code.end(), True
