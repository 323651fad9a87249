"""The source of a component's function, as the module that a step runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kfbridge.dsl.signature import line_of, read_signature
from kfbridge.errors import CompileError, KfbridgeWarning
from kfbridge.runtime.annotations import is_artifact_class, is_model_class, list_item, marker, unmark
from kfbridge.runtime.artifacts import CLASSES

_HEADER = ("import kfp", "from kfp import dsl", "from kfp.dsl import *", "from typing import *")


def module_source(function: Callable[..., Any], others: Sequence[Callable[..., Any]] = (), helper: str = "") -> str:
    """The text of a module that defines a function.

    Args:
        function: The function; its decorators are left out.
        others: Functions that it calls, to be defined before it.
        helper: Code that runs first.

    Raises:
        CompileError: A function has no source in a file.
    """
    parts = ["\n" + "\n".join([*_HEADER, *artifact_imports(function)])]
    parts += [function_source(other) for other in others]
    if helper:
        parts.append(helper + "\n")
    return "\n\n".join([*parts, function_source(function)]) + "\n"


def function_source(function: Callable[..., Any]) -> str:
    """The text of a function from its ``def`` on, without indent.

    Raises:
        CompileError: It has no source in a file, or is no ``def``.
    """
    import inspect

    name = getattr(function, "__name__", repr(function))
    try:
        lines = _without_indent(inspect.getsource(function)).split("\n")
    except (OSError, TypeError) as error:
        raise CompileError(
            f"The source of the function {name!r} cannot be read: {error}.",
            where=line_of(function),
            remedy="Define the function in a .py file or a notebook cell, not in a shell or by exec.",
        ) from error
    while lines and not lines[0].startswith("def"):
        lines.pop(0)
    if not lines or name == "<lambda>":
        raise CompileError(
            f"{name!r} is not defined by a `def` of its own.",
            where=line_of(function),
            remedy="Write the component as `def name(...):`; lambdas and coroutines cannot be components.",
        )
    return "\n".join(lines)


def _without_indent(source: str) -> str:
    """Source without the indent of its first line.

    Strings over several lines lose it, too, as with KFP; if one of them has less, all of them stay as they are.
    """
    import textwrap

    dedented = textwrap.dedent(source)
    if not dedented[:1].isspace():
        return dedented
    indent = _width(source)
    kept = _lines_in_text(source)
    return "\n".join(
        line if number in kept else line[min(indent, _width(line)) :]
        for number, line in enumerate(source.split("\n"), 1)
    )


def _width(line: str) -> int:
    """How many blanks and tabs a line begins with."""
    return len(line) - len(line.lstrip(" \t"))


def _lines_in_text(source: str) -> set[int]:
    """The numbers of the lines that begin inside of a string."""
    import io
    import tokenize

    found: set[int] = set()
    starts: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):  # of an f-string, from Python 3.12 on
            starts.append(token.start[0])
        elif kind.endswith("STRING_END"):
            found.update(range(starts.pop() + 1, token.end[0] + 1))
        elif kind == "STRING":
            found.update(range(token.start[0] + 1, token.end[0] + 1))
    return found


def artifact_imports(function: Callable[..., Any]) -> list[str]:
    """The imports that the function's signature needs: the user's own artifact classes and pydantic models."""
    signature = read_signature(function)
    found = {name: _own_class(parameter.annotation) for name, parameter in signature.parameters.items()}
    for name, annotation in (signature.fields or {"": signature.returned}).items():
        found[f"return {name}"] = _own_class(annotation)
    classes = {name: own for name, own in found.items() if own is not None}
    if not classes:
        return []
    for own in classes.values():
        _warn_of_own_file(function, own)
    symbols = _symbols(function)
    return list(dict.fromkeys(_import_of(own, symbols.get(name, own.__name__)) for name, own in classes.items()))


def _warn_of_own_file(function: Callable[..., Any], own: Any) -> None:
    """KFP writes the import, too, and the step fails on it unless its image has a module of the file's name."""
    module = function.__module__
    if own.__module__ != module or "." in module:  # a module of a package is installed with it
        return
    import warnings

    warnings.warn(
        f"{line_of(function)}: the class {own.__name__} is defined in the pipeline file, and the step "
        f"{function.__name__!r} imports it from a module {module!r}, which its image must have. Define it in a package "
        "that packages_to_install names, or that the image has.",
        KfbridgeWarning,
        stacklevel=2,
    )


def _own_class(annotation: Any) -> Any:
    """The artifact class or pydantic model of an annotation, unless it is one of KFP's own."""
    inner = unmark(annotation) if marker(annotation) else annotation
    inner = list_item(inner) or inner
    own = is_artifact_class(inner) and inner not in CLASSES.values()
    return inner if own or is_model_class(inner) else None


def _import_of(own: Any, symbol: str) -> str:
    """The import of the name by which the signature reaches the class: a module of its path, or the class."""
    path = f"{own.__module__}.{own.__qualname__}".split(".")
    if symbol not in path:
        raise CompileError(
            f"The class {'.'.join(path)} is used under the name {symbol!r}, which a step cannot import.",
            remedy="Import it without `as`, and use the name under which it is defined.",
        )
    *module, name = path[: path.index(symbol) + 1]
    return f"from {'.'.join(module)} import {name}" if module else f"import {name}"


def _symbols(function: Callable[..., Any]) -> dict[str, str]:
    """The first name in each artifact annotation of a signature: ``aiplatform`` in ``Input[aiplatform.Model]``."""
    import ast

    node = ast.parse(function_source(function)).body[0]
    assert isinstance(node, ast.FunctionDef)
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    symbols = {argument.arg: _first_name(argument.annotation) for argument in arguments if argument.annotation}
    if isinstance(node.returns, ast.Call) and len(node.returns.args) > 1:
        for element in getattr(node.returns.args[1], "elts", ()):
            if isinstance(element, ast.Tuple) and isinstance(element.elts[0], ast.Constant):
                symbols[f"return {element.elts[0].value!s}"] = _first_name(element.elts[1])
    elif node.returns is not None:
        symbols["return "] = _first_name(node.returns)
    return symbols


def _first_name(node: Any) -> str:
    """The leftmost name of what is inside of the innermost brackets, or of the expression itself."""
    import ast

    if isinstance(node, ast.BinOp):  # X | None
        node = node.right if isinstance(node.left, ast.Constant) and node.left.value is None else node.left
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = ast.parse(node.value, mode="eval").body
        elif isinstance(node, ast.Subscript):
            node = node.slice
        elif isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call):  # InputPath(Model)
            node = node.func
        else:
            return ""
    return node.id
