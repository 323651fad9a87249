"""Whether a step can come to the data of an input, or has to do with its URI and metadata alone.

What is fetched from another store may be large, or not for this machine; a step that hands a URI on does not need it.
Where there is a doubt, it does.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Final

from kfbridge.graph.model import Container
from kfbridge.spec.boot import read_boot

_ABOUT: Final = frozenset({"uri", "name", "metadata", "schema_title", "schema_version", "framework"})
"""Attributes of an artifact that say something about it."""
_ANY_NAME: Final = frozenset({"locals", "vars", "eval", "exec"})
_REFERENCE: Final = re.compile(
    r"\{\{\$\.inputs\.artifacts\[(?P<quote>\\?['\"])(?P<name>.*?)(?P=quote)\]\.(?P<attribute>\w+)"
)


def reads_data(container: Container, name: str) -> bool:
    """Whether a container may look for the data of its input `name`."""
    boot = read_boot(container.command, container.args)
    if boot is not None and boot.source is not None and not boot.unknown and not boot.extra_args:
        return _function_reads(boot.source, boot.function, name)
    words = (*container.command, *container.args, *(value for _, value in container.env))
    return any(_word_reads(word, name) for word in words)


def _word_reads(word: str, name: str) -> bool:
    if "{{$}}" in word or "{{$.json_escape" in word:
        return True  # all inputs, with their paths
    known = list(_REFERENCE.finditer(word))
    if len(known) != word.count("inputs.artifacts"):
        return True
    return any(one["name"] == name and one["attribute"] not in _ABOUT for one in known)


@lru_cache(maxsize=256)
def _function_reads(source: str, function: str, name: str) -> bool:
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return True
    found = [one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == function]
    if len(found) != 1:
        return True
    [made] = found
    arguments = [*made.args.posonlyargs, *made.args.args, *made.args.kwonlyargs]
    taken = [one for one in arguments if one.arg == name]
    if not taken or "Path" in (ast.unparse(taken[0].annotation) if taken[0].annotation else "Path"):
        return True
    return any(_escapes(statement, name) for statement in made.body)


def _escapes(statement: ast.stmt, name: str) -> bool:
    """Whether a name is used otherwise than to ask for what is said about the artifact."""
    nodes = list(ast.walk(statement))
    asked = {id(one) for node in nodes if (one := _asked(node)) is not None}
    return any(
        node.id in _ANY_NAME or (node.id == name and id(node) not in asked)
        for node in nodes
        if isinstance(node, ast.Name)
    )


def _asked(node: ast.AST) -> ast.expr | None:
    """Of what an expression asks only what is said about it, or whether it was given at all."""
    match node:
        case ast.Attribute(value=asked, attr=attribute, ctx=ast.Load()) if attribute in _ABOUT:
            return asked
        case ast.Compare(left=asked, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return asked
        case ast.If(test=asked) | ast.IfExp(test=asked) | ast.UnaryOp(op=ast.Not(), operand=asked):
            return asked
    return None
