from __future__ import annotations

import ast

from kfbridge.runtime import bundle
from kfbridge.spec._bundle import BUNDLE, LOADER


def test_the_committed_bundle_is_fresh() -> None:
    fresh, committed = ast.parse(bundle.source()), ast.parse(bundle.unpack(BUNDLE))
    assert ast.dump(fresh) == ast.dump(committed), "run: python -m kfbridge.runtime.bundle"
    assert bundle.LOADER == LOADER


def test_the_bundle_is_small_enough_to_repeat_for_each_task() -> None:
    assert len(BUNDLE) < 11_000


def test_the_bundle_is_plain_text_that_no_shell_or_template_touches() -> None:
    assert set(BUNDLE) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    assert not set('{}$`"\\\n') & set(LOADER)


def test_only_what_a_machine_needs_is_left() -> None:
    tree = ast.parse(bundle.unpack(BUNDLE))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not any(ast.get_docstring(function) or function.returns for function in functions)
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(str(module).startswith("kfbridge") for module in imported)
