"""The decorator that makes a component which runs a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    notebook_path: str,
    base_image: str | None = None,
    packages_to_install: Sequence[str] | None = None,
    output_component_file: str | None = None,
    pip_index_urls: Sequence[str] | None = None,
    pip_trusted_hosts: Sequence[str] | None = None,
    use_venv: bool = False,
    kfp_package_path: str | None = None,
    install_kfp_package: bool = True,
    task_config_passthroughs: Sequence[Any] | None = None,
) -> Any:
    """Make a component of a function that calls ``dsl.run_notebook(...)`` on an embedded notebook.

    Args:
        func: The function, when the decorator is used on it at once.
        notebook_path: The notebook, or a folder with exactly one notebook and the files it needs.
        base_image: As in `component_decorator.component`, like all that follow.
        packages_to_install: What pip installs before; what notebooks need, unless given.
        output_component_file: As there.
        pip_index_urls: As there.
        pip_trusted_hosts: As there.
        use_venv: As there.
        kfp_package_path: As there.
        install_kfp_package: As there.
        task_config_passthroughs: As there.

    Raises:
        CompileError: There is no notebook there, or more than one.
    """
    options = dict(locals())
    del options["func"], options["notebook_path"]
    options["packages_to_install"] = list(_PACKAGES) if packages_to_install is None else packages_to_install
    made = partial(_make, path=Path(notebook_path), options=options)
    return made if func is None else made(func)


def _make(func: Callable[..., Any], path: Path, options: Mapping[str, Any]) -> PythonComponent:
    notebook = _notebook(path)
    relative = notebook.relative_to(path).as_posix() if path.is_dir() else notebook.name
    code = (Path(__file__).parent / "notebook_helper.py").read_text(encoding="utf-8")
    helper = f"{embedding_source(path)}__KFP_NOTEBOOK = {relative!r}\n\n{code}{_BIND}"
    return make_component(func, helper_source=helper, **options)


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
