"""Makes the bundle: the runtime as one compressed text that a step's command can carry.

``python -m kfbridge.runtime.bundle`` writes ``kfbridge/spec/_bundle.py``, and ``_predicate.py`` beside it for steps
that look at their own condition; a test fails when such a file is stale.
This module is a tool of the project, no part of the bundle, and needs the Python of the project.
"""

from __future__ import annotations

import ast
import binascii
import re
import textwrap
import zlib
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).resolve().parent
TARGET = RUNTIME.parent / "spec" / "_bundle.py"
MODULES = ("artifacts", "annotations", "executor", "shim", "main", "boot")
# Modules whose classes an installed kfbridge must share with the bundle, so that `isinstance` agrees.
SHARED = ("artifacts", "annotations")
TAIL = "".join(f"sys.modules['kfbridge.runtime.{name}']=" for name in SHARED) + "sys.modules[__name__]\n"
LOADER = (
    "import sys,types,zlib,binascii;m=types.ModuleType('kfbridge_runtime');sys.modules[m.__name__]=m;"
    "exec(zlib.decompress(binascii.a2b_base64(sys.argv[1])),vars(m));m.boot()"
    "  # in place of kfp.dsl.executor_main"  # the words by which kfp.local tells Python functions from other containers
)
FILE = '''"""The runtime, compressed; made by ``python -m kfbridge.runtime.bundle``, not by hand."""

LOADER = (
{loader}
)
"""What ``python3 -c`` gets: it unpacks BUNDLE, its first argument, and starts the step."""

BUNDLE = (
{bundle}
)
"""The runtime's modules as one: Python source, zlib, base64."""
'''

PREDICATE_TARGET = TARGET.with_name("_predicate.py")
PREDICATE_LOADER = "import sys,zlib,binascii;exec(zlib.decompress(binascii.a2b_base64(sys.argv[1])));main()"
PREDICATE_FILE = '''"""The runtime's part for conditions; made by ``python -m kfbridge.runtime.bundle``."""

LOADER = {loader}
"""What ``python3 -c`` gets: it unpacks PACKED, its first argument, and looks at the step's condition."""

PACKED = (
{bundle}
)
"""The module: Python source, zlib, base64."""
'''


class Stripper(ast.NodeTransformer):
    """Removes docstrings, annotations (but for those of dataclasses' fields) and imports of the runtime itself."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Drop the docstring, then look inside."""
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
        return super().generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """The modules become one."""
        return None if (node.module or "").startswith("kfbridge.") else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Functions need no types to run."""
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """A variable keeps its value."""
        return node if node.value is None else ast.Assign(targets=[node.target], value=self.visit(node.value))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """The fields of a dataclass keep their types."""
        fields = [statement for statement in node.body if isinstance(statement, ast.AnnAssign)]
        if not node.decorator_list:
            return self.generic_visit(node)
        node.body = list(fields)
        return node


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _imports(tree: ast.Module) -> list[str]:
    """Take the imports out of the top of a module, those that are still of use, each on its own line."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = []
    for node in [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]:
        tree.body.remove(node)
        for alias in node.names:
            if (alias.asname or alias.name).split(".")[0] in used:
                lines.append(ast.unparse(ast.copy_location(_one(node, alias), node)))
    return lines


def _one(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names=[alias])
    return ast.ImportFrom(module=node.module, names=[alias], level=0)


def source() -> str:
    """The runtime as one module without comments, docstrings and annotations."""
    return _joined(MODULES) + TAIL


def predicate_source() -> str:
    """The module that looks at conditions, likewise."""
    return _joined(("predicate",))


def _joined(modules: tuple[str, ...]) -> str:
    trees: list[Any] = [Stripper().visit(ast.parse((RUNTIME / f"{name}.py").read_text("utf-8"))) for name in modules]
    imports = {line for tree in trees for line in _imports(tree)}
    text = "\n".join([*sorted(imports), *(ast.unparse(ast.fix_missing_locations(tree)) for tree in trees)])
    text = re.sub(r"^( +)", lambda indent: " " * (len(indent[1]) // 4), text, flags=re.MULTILINE)
    return re.sub(r"\n+", "\n", text) + "\n"


def pack(text: str) -> str:
    """Compress a source to base64."""
    return binascii.b2a_base64(zlib.compress(text.encode(), 9), newline=False).decode()


def unpack(bundle: str) -> str:
    """The source in a bundle."""
    return zlib.decompress(binascii.a2b_base64(bundle)).decode()


def main() -> None:
    """Write the files."""
    for target, file, loader, text in (
        (TARGET, FILE, _quoted(LOADER), source()),
        (PREDICATE_TARGET, PREDICATE_FILE, f'"{PREDICATE_LOADER}"', predicate_source()),
    ):
        target.write_text(file.format(loader=loader, bundle=_quoted(pack(text))), "utf-8")


def _quoted(text: str) -> str:
    lines = textwrap.wrap(text, 110, break_on_hyphens=False, drop_whitespace=False)
    return "\n".join(f'    "{line}"' for line in lines)


if __name__ == "__main__":
    main()
