"""A step that looks at its own condition: runs its command where it holds, else says that it skipped itself.

``python3 -c LOADER PACKED CONDITIONS EXECUTOR_INPUT COMMAND...``; `kfbridge.spec.predicate` makes CONDITIONS, as JSON::

    {"conditions": [TREE, ...], "unset": [NAME, ...]}        outer conditions first; the names are null when not given

A TREE is a parsed condition: ``["==", TREE, TREE]``, ``["literal", 3]``, ... It is evaluated by the rules of CEL, just
as `kfbridge.spec.expression` does; nothing is ever executed as Python. The mark of a step that skipped itself is an
``executor_output.json`` with ``{"kfbridge": {"skipped": REASON}}``.
"""

import json
import math
import os
import sys
from typing import Any, Callable, Dict, List, Optional

REASON = "its condition is false"
MAX_DIGITS = 40
TRUE = ("true", "True", "TRUE", "t", "1")
FALSE = ("false", "False", "FALSE", "f", "0")


def main() -> None:
    """Be the step of this process's command line: become its command, or end well without."""
    _, conditions, executor_input, *command = sys.argv[1:]
    task = json.loads(executor_input)
    try:
        reason = decide(conditions, task)
    except ValueError as error:
        sys.exit("error: its condition cannot be evaluated: %s" % error)
    if reason is not None:
        mark(task, reason)
        sys.exit(0)
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print("error: %s: %s" % (command[0], error.strerror), file=sys.stderr)
        sys.exit(127)


def decide(conditions: str, task: Dict[str, Any]) -> Optional[str]:
    """Why the step is to do nothing; None when it is to run.

    Args:
        conditions: As the command line has them.
        task: The parsed ExecutorInput.

    Raises:
        ValueError: A condition cannot be evaluated.
    """
    found = json.loads(conditions)
    given = (task.get("inputs") or {}).get("parameterValues") or {}
    values = dict.fromkeys(found["unset"])
    values.update({name: given[name] for name in found["unset"] if name in given})
    variables = {"inputs": {"parameter_values": values}}
    for tree in found["conditions"]:
        if not truth(evaluate(tree, variables), "a condition"):
            return REASON
    return None


def mark(task: Dict[str, Any], reason: str) -> None:
    """Write that the step skipped itself where its outputs would be told."""
    path = task["outputs"]["outputFile"]
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"kfbridge": {"skipped": reason}}, file)
    print("skipped: " + reason)


def evaluate(tree: List[Any], variables: Dict[str, Any]) -> Any:
    """The value of a tree.

    Raises:
        ValueError: It has none; the text says why.
    """
    kind = tree[0]
    if kind == "literal":
        return tree[1]
    if kind in ("&&", "||"):
        return logical(kind, tree[1:], variables)
    if kind == "?":
        chosen = truth(evaluate(tree[1], variables), '"?"')
        return evaluate(tree[2 if chosen else 3], variables)
    if kind == "name":
        return index(variables, tree[1])
    if kind == "member":
        return index(evaluate(tree[1], variables), tree[2])
    values = [evaluate(part, variables) for part in tree[1:]]
    return values if kind == "list" else OPERATORS[kind, len(values)](*values)


def logical(operator: str, operands: List[Any], variables: Dict[str, Any]) -> bool:
    """An operand that settles the result wins over one that cannot be evaluated."""
    settles = operator == "||"
    failure = None
    for operand in operands:
        try:
            if truth(evaluate(operand, variables), operator) == settles:
                return settles
        except ValueError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return not settles


def type_name(value: Any) -> str:
    """CEL's name of a value's type."""
    for kind, name in ((bool, "bool"), (int, "int"), (float, "double"), (str, "string"), (dict, "map"), (list, "list")):
        if isinstance(value, kind):
            return name
    return "null"


def is_number(value: Any) -> bool:
    """Whether a value is an int or a double."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def truth(value: Any, user: str) -> bool:
    """The value, which must be a bool."""
    if not isinstance(value, bool):
        raise ValueError("%s needs a bool, not %s" % (user, type_name(value)))
    return value


def equal(left: Any, right: Any) -> bool:
    """Numbers by their value, everything else by type and content."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def contains(element: Any, container: Any) -> bool:
    """An element of a list, or a key of a map."""
    if isinstance(container, list):
        return any(equal(element, item) for item in container)
    if isinstance(container, dict):
        return isinstance(element, str) and element in container
    raise ValueError('"in" does not take %s' % type_name(container))


def index(container: Any, key: Any) -> Any:
    """A value of a map, or an element of a list."""
    if isinstance(container, dict):
        if isinstance(key, str) and key in container:
            return container[key]
        raise ValueError("there is no key %r" % (key,))
    if not isinstance(container, list) or not is_number(key) or key != int(key) or not 0 <= key < len(container):
        raise ValueError("%s has no element %r" % (type_name(container), key))
    return container[int(key)]


def mismatch(symbol: str, *values: Any) -> ValueError:
    """What is wrong with an operator's operands."""
    return ValueError('"%s" does not take %s' % (symbol, " and ".join(map(type_name, values))))


def ordering(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Numbers with numbers, text with text, bools with bools."""

    def apply(left: Any, right: Any) -> bool:
        alike = type_name(left) == type_name(right) and isinstance(left, (str, bool))
        if not alike and not (is_number(left) and is_number(right)):
            raise mismatch(symbol, left, right)
        return compare(left, right)

    return apply


def arithmetic(symbol: str, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Numbers within 64 bits."""

    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise mismatch(symbol, left, right)
        try:
            return checked(compute(left, right))
        except OverflowError:
            raise ValueError('"%s" of numbers that are too large' % symbol) from None

    return apply


def checked(value: Any) -> Any:
    """The value, if it is no integer beyond 64 bits."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("the result is an integer beyond 64 bits")
    return value


def add(left: Any, right: Any) -> Any:
    """Numbers, texts, or lists."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return arithmetic("+", lambda one, other: one + other)(left, right)


def divide(left: Any, right: Any) -> Any:
    """Between ints cut towards zero, between doubles IEEE's."""
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            raise ValueError("division by zero")
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    if right == 0:
        sign = math.copysign(1.0, left) * math.copysign(1.0, right)
        return math.nan if left == 0 or math.isnan(left) else sign * math.inf
    return left / right


def remainder(left: Any, right: Any) -> int:
    """Between ints; the sign is the dividend's."""
    if not (isinstance(left, int) and isinstance(right, int)) or right == 0:
        raise mismatch("%", left, right)
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def to_int(value: Any) -> int:
    """Of a number, cut towards zero, or of a whole number as text."""
    if is_number(value) and (isinstance(value, int) or math.isfinite(value)):
        return int(value)
    if isinstance(value, str) and len(value) <= MAX_DIGITS:
        digits = value[1:] if value[:1] == "-" else value
        if (digits[1:] if digits[:1] == "+" else digits).isdecimal():
            return int(value)
    raise mismatch("int()", value)


def to_double(value: Any) -> float:
    """Of a number, or of one as text."""
    try:
        if is_number(value) or (isinstance(value, str) and "_" not in value):
            return float(value)
    except (ValueError, OverflowError):
        raise mismatch("double()", value) from None
    raise mismatch("double()", value)


def to_string(value: Any) -> str:
    """Numbers in their shortest form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, (str, int)):
        return str(value)
    raise mismatch("string()", value)


def to_bool(value: Any) -> bool:
    """Of a bool, or one of the ten spellings of CEL."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in TRUE + FALSE:
        return value in TRUE
    raise mismatch("bool()", value)


def parse_json(value: Any) -> Any:
    """Of JSON text."""
    if not isinstance(value, str):
        raise mismatch("parseJson()", value)
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("parseJson() needs JSON text") from None


def size(value: Any) -> int:
    """Of a text, list or map."""
    if isinstance(value, (str, list, dict)):
        return len(value)
    raise mismatch("size()", value)


def negate(value: Any) -> Any:
    """Of a number."""
    if not is_number(value):
        raise mismatch("-", value)
    return checked(-value)


OPERATORS: Dict[Any, Callable[..., Any]] = {
    ("==", 2): equal,
    ("!=", 2): lambda left, right: not equal(left, right),
    ("<", 2): ordering("<", lambda left, right: left < right),
    ("<=", 2): ordering("<=", lambda left, right: left <= right),
    (">", 2): ordering(">", lambda left, right: left > right),
    (">=", 2): ordering(">=", lambda left, right: left >= right),
    ("in", 2): contains,
    ("[]", 2): index,
    ("+", 2): add,
    ("-", 2): arithmetic("-", lambda left, right: left - right),
    ("*", 2): arithmetic("*", lambda left, right: left * right),
    ("/", 2): arithmetic("/", divide),
    ("%", 2): arithmetic("%", remainder),
    ("!", 1): lambda value: not truth(value, '"!"'),
    ("-", 1): negate,
    ("bool", 1): to_bool,
    ("double", 1): to_double,
    ("int", 1): to_int,
    ("parseJson", 1): parse_json,
    ("size", 1): size,
    ("string", 1): to_string,
}
