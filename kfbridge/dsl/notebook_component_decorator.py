"""The decorator that makes a component which runs a notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kfbridge.dsl.component_decorator import make_component
from kfbridge.dsl.embedding import embedding_source
from kfbridge.dsl.location import here
from kfbridge.dsl.python_component import PythonComponent
from kfbridge.errors import CompileError

_PACKAGES = ("nbclient>=0.10,<1", "ipykernel>=6,<7", "jupyter_client>=7,<9")
_BIND = "\nfrom kfp import dsl as __kfp_dsl\n\n__kfp_dsl.run_notebook = run_notebook = kfp_run_notebook\n"


def notebook_component(
    func: Callable[..., Any] | None = None,
    *,
    notebook_path: str | None = None,
    packages_to_install: Sequence[str] | None = None,
    **options: Any,
) -> Any:
    """Make a component of a function that calls ``dsl.run_notebook(...)`` on an embedded notebook.

    Args:
        func: The function, when the decorator is used on it at once.
        notebook_path: The notebook, or a folder with exactly one notebook and the files it needs.
        packages_to_install: What pip installs before; what notebooks need, unless given.
        options: The other arguments of `component_decorator.make_component`.

    Raises:
        CompileError: There is no notebook there, or more than one.
    """
    if func is None:
        return partial(
            notebook_component, notebook_path=notebook_path, packages_to_install=packages_to_install, **options
        )
    packages = list(_PACKAGES) if packages_to_install is None else packages_to_install
    return _make(func, Path(notebook_path or ""), packages, options)


def _make(func: Callable[..., Any], path: Path, packages: Sequence[str], options: dict[str, Any]) -> PythonComponent:
    notebook = _notebook(path)
    relative = notebook.relative_to(path).as_posix() if path.is_dir() else notebook.name
    code = (Path(__file__).parent / "notebook_helper.py").read_text(encoding="utf-8")
    helper = f"{embedding_source(path)}__KFP_NOTEBOOK = {relative!r}\n\n{code}{_BIND}"
    return make_component(func, packages_to_install=packages, helper_source=helper, **options)


def _notebook(path: Path) -> Path:
    found = (
        sorted(file for file in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts)
        if path.is_dir()
        else [path]
    )
    if len(found) == 1 and found[0].is_file() and found[0].suffix.lower() == ".ipynb":
        return found[0]
    count = f"{len(found)} notebooks in the folder" if path.is_dir() else "no notebook at"
    raise CompileError(
        f"There is {count} {str(path)!r}.",
        where=here(),
        remedy="Let notebook_path be an .ipynb file, or a folder with exactly one.",
    )
