"""What the operators and functions of the condition language do to values: CEL's rules on JSON data.

Unlike in Python, a boolean is not a number, and values of different types are unequal rather than an error.
A `ValueError` says what does not fit; `evaluate` adds the place.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_MAX_DIGITS = 40
_TRUE = ("true", "True", "TRUE", "t", "1")
_FALSE = ("false", "False", "FALSE", "f", "0")


def type_name(value: Any) -> str:
    """CEL's name of a value's type."""
    if value is None:
        return "null"
    table = ((bool, "bool"), (int, "int"), (float, "double"), (str, "string"), (Mapping, "map"), (Sequence, "list"))
    return next((name for kind, name in table if isinstance(value, kind)), type(value).__name__)


def is_number(value: Any) -> bool:
    """Whether the value is an int or a double (a bool is not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """CEL's ``==``: numbers by their value, everything else by type and content."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def contains(element: Any, container: Any) -> bool:
    """CEL's ``in``: an element of a list, or a key of a map."""
    if isinstance(container, (list, tuple)):
        return any(equal(element, item) for item in container)
    if isinstance(container, Mapping):
        return isinstance(element, str) and element in container
    raise ValueError(f'"in" needs a list or a map on its right, not {type_name(container)}')


def index(container: Any, key: Any) -> Any:
    """``container[key]``."""
    if isinstance(container, Mapping):
        if isinstance(key, str) and key in container:
            return container[key]
        raise ValueError(f"there is no key {key!r}")
    if not isinstance(container, (list, tuple)):
        raise ValueError(f"{type_name(container)} has no elements")
    if not is_number(key) or key != int(key):
        raise ValueError(f"a list is indexed by an int, not {type_name(key)}")
    if not 0 <= key < len(container):
        raise ValueError(f"index {key} is outside a list of {len(container)}")
    return container[int(key)]


def _mismatch(symbol: str, left: Any, right: Any) -> ValueError:
    return ValueError(f'"{symbol}" does not take {type_name(left)} and {type_name(right)}')


def _ordering(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        alike = type_name(left) == type_name(right) and isinstance(left, (str, bool))
        if not alike and not (is_number(left) and is_number(right)):
            raise _mismatch(symbol, left, right)
        return compare(left, right)

    return apply


def _arithmetic(symbol: str, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise _mismatch(symbol, left, right)
        try:
            value = compute(left, right)
        except OverflowError:
            raise ValueError(f'"{symbol}" of numbers that are too large') from None
        return checked(value)

    return apply


def checked(value: Any) -> Any:
    """The value, if it is not an integer beyond 64 bits: CEL's arithmetic does not wrap around."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("the result is an integer beyond 64 bits")
    return value


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return [*left, *right]
    return _sum(left, right)


def _divide(left: Any, right: Any) -> Any:
    """Between ints, the quotient cut towards zero; between doubles, IEEE's (infinite, or not a number)."""
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            raise ValueError("division by zero")
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    if right == 0:
        sign = math.copysign(1.0, left) * math.copysign(1.0, right)
        return math.nan if left == 0 or math.isnan(left) else sign * math.inf
    return left / right


def _remainder(left: Any, right: Any) -> int:
    """Between ints only; the sign is the dividend's."""
    if not (isinstance(left, int) and isinstance(right, int)):
        raise _mismatch("%", left, right)
    if right == 0:
        raise ValueError("division by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


_sum = _arithmetic("+", operator.add)

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordering("<", operator.lt),
    "<=": _ordering("<=", operator.le),
    ">": _ordering(">", operator.gt),
    ">=": _ordering(">=", operator.ge),
    "in": contains,
    "+": _add,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", _divide),
    "%": _arithmetic("%", _remainder),
}


def to_int(value: Any) -> int:
    """``int(value)``: a double is cut towards zero, a string must be a whole number."""
    if is_number(value) and (isinstance(value, int) or math.isfinite(value)):
        return int(value)
    if isinstance(value, str) and len(value) <= _MAX_DIGITS and value.removeprefix("-").removeprefix("+").isdecimal():
        return int(value)
    raise _conversion(value, "int")


def to_double(value: Any) -> float:
    """``double(value)``."""
    try:
        if is_number(value) or (isinstance(value, str) and "_" not in value):
            return float(value)
    except (ValueError, OverflowError):
        raise _conversion(value, "double") from None
    raise _conversion(value, "double")


def to_string(value: Any) -> str:
    """``string(value)``: numbers in their shortest form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, (str, int)):
        return str(value)
    raise _conversion(value, "string")


def to_bool(value: Any) -> bool:
    """``bool(value)``: a bool, or one of the ten spellings of CEL."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _TRUE + _FALSE:
        return value in _TRUE
    raise _conversion(value, "bool")


def parse_json(value: Any) -> Any:
    """``parseJson(value)``: a string of JSON text to the data in it."""
    if not isinstance(value, str):
        raise ValueError(f"parseJson() needs a string, not {type_name(value)}")
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError(f"parseJson() needs JSON text, not {_shown(value)}") from None


def size(value: Any) -> int:
    """``size(value)`` of a string, list or map."""
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    raise ValueError(f"{type_name(value)} has no size")


def negate(value: Any) -> Any:
    """``-value``."""
    if not is_number(value):
        raise ValueError(f'"-" does not take {type_name(value)}')
    return checked(-value)


def invert(value: Any) -> bool:
    """``!value``."""
    return not truth(value, '"!"')


def truth(value: Any, user: str) -> bool:
    """The value, which `user` needs to be a bool: nothing else counts as true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{user} needs a bool, not {type_name(value)} {_shown(value)}")
    return value


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "bool": to_bool,
    "double": to_double,
    "int": to_int,
    "parseJson": parse_json,
    "size": size,
    "string": to_string,
}
UNARY: dict[str, Callable[[Any], Any]] = {"!": invert, "-": negate}


def _conversion(value: Any, kind: str) -> ValueError:
    return ValueError(f"{kind}() cannot convert {type_name(value)} {_shown(value)}")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_DIGITS else f"{text[:_MAX_DIGITS]}..."
