"""What a user names as a pipeline: ``file.py``, ``file.py:function``, or a compiled ``.yaml`` or ``.json``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from kfbridge.errors import UsageError
from kfbridge.execution import execute

if TYPE_CHECKING:
    from kfbridge.dsl.base_component import BaseComponent

COMPILED_SUFFIXES: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Source:
    """A pipeline that was found: as a traced component, or as the text of a compiled one.

    Attributes:
        name: What the user called it, for messages.
        component: The pipeline or component of a Python file; None for a compiled one.
        text: The compiled text; empty for a Python file.
    """

    name: str
    component: BaseComponent | None = None
    text: str = ""


def load(reference: str | Path) -> Source:
    """Find the pipeline that `reference` names.

    Args:
        reference: ``file.py`` with one pipeline (or one component) in it, ``file.py:function``, or the path of
            a compiled pipeline.

    Raises:
        UsageError: The file is missing, cannot be run, or holds no pipeline, or more than one.
        CompileError: The pipeline in it cannot be compiled.
        SpecError: The compiled pipeline cannot be read.
    """
    path, function = split(str(reference))
    _check_file(path)
    if path.suffix == ".py":
        return Source(str(reference), component=_from_python(path, function))
    if function is not None:
        raise UsageError(
            f"Only a Python file has functions to choose from; {path} is compiled.", remedy=f"Leave out :{function}."
        )
    if path.suffix.lower() not in COMPILED_SUFFIXES:
        raise UsageError(
            f"{path} is not a pipeline: kfbridge reads .py, .yaml and .json files.", remedy="Correct the path."
        )
    from kfbridge.spec.read import read_file_text

    return Source(str(reference), text=read_file_text(path))


def split(reference: str) -> tuple[Path, str | None]:
    """The file of a reference, and the function in it if one is named."""
    head, colon, function = reference.rpartition(":")
    if colon and function.isidentifier() and not Path(reference).exists():
        return Path(head), function
    return Path(reference), None


def _check_file(path: Path) -> None:
    if path.is_file():
        return
    if path.is_dir():
        candidates = sorted(path.glob("*.py"))
        example = candidates[0] if len(candidates) == 1 else path / "pipeline.py"
        raise UsageError(f"{path} is a folder, not a pipeline.", remedy=f"Name the file in it: {example}")
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    remedy = f"Did you mean {folder / near[0]}?" if near else "Correct the path, or make one with: kfbridge init"
    raise UsageError(f"There is no file {path}.", remedy=remedy)


# Python files ---------------------------------------------------------------------------------------


def _from_python(path: Path, function: str | None) -> BaseComponent:
    module = execute(path.absolute())
    return _choose(path, module) if function is None else _named(path, module, function)


def _choose(path: Path, module: ModuleType) -> BaseComponent:
    from kfbridge.dsl.graph_component import GraphComponent

    found = _components(module)
    pipelines = {name: value for name, value in found.items() if isinstance(value, GraphComponent)}
    for kind, candidates in (("pipelines", pipelines), ("components", found)):
        own = {name: value for name, value in candidates.items() if _defined_in(value, module)} or candidates
        if len(own) == 1:
            return next(iter(own.values()))
        if own:
            choices = "".join(f"\n    {path}:{name}" for name in own)
            raise UsageError(f"There are {len(own)} {kind} in {path}.", remedy=f"Name one of them:{choices}")
    raise UsageError(f"There is no pipeline in {path}.", remedy="Write @dsl.pipeline above the function that is one.")


def _named(path: Path, module: ModuleType, function: str) -> BaseComponent:
    from kfbridge.dsl.base_component import BaseComponent

    named = getattr(module, function, None)
    if isinstance(named, BaseComponent):
        return named
    found = _components(module)
    if callable(named):
        raise UsageError(
            f"{function!r} in {path} is neither a pipeline nor a component.",
            remedy="Write @dsl.pipeline above it.",
        )
    near = get_close_matches(function, found, n=1)
    remedy = f"Did you mean {path}:{near[0]}?" if near else f"It has: {', '.join(found) or 'no pipeline at all'}."
    raise UsageError(f"There is no {function!r} in {path}.", remedy=remedy)


def _components(module: ModuleType) -> dict[str, BaseComponent]:
    """The pipelines and components that stand in a module, each by its first name."""
    from kfbridge.dsl.base_component import BaseComponent

    seen: set[int] = set()
    found: dict[str, BaseComponent] = {}
    for name, value in vars(module).items():
        if isinstance(value, BaseComponent) and id(value) not in seen:
            seen.add(id(value))
            found[name] = value
    return found


def _defined_in(component: BaseComponent, module: ModuleType) -> bool:
    function: Any = getattr(component, "python_func", None) or getattr(component, "pipeline_func", None)
    return getattr(function, "__module__", None) == module.__name__
