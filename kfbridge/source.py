"""What a user names as a pipeline: ``file.py``, ``file.py:function``, or a compiled ``.yaml`` or ``.json``."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from kfbridge.aliases import KFP, kfp_names
from kfbridge.errors import KfbridgeError, UsageError

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
    module = _execute(path.absolute())
    return _choose(path, module) if function is None else _named(path, module, function)


def _execute(path: Path) -> ModuleType:
    """The file as a module of its own name, so that nothing under ``if __name__ == "__main__"`` runs."""
    name = path.stem if path.stem != "__main__" else path.parent.name
    spec = ModuleSpec(name, _PipelineLoader(name, str(path)), origin=str(path))
    spec.has_location = True
    module = module_from_spec(spec)
    linecache.checkcache(str(path))
    # What the file prints is no part of a compiled pipeline or a JSON document on standard output.
    with _importable(path.parent, name, module), kfp_names(), redirect_stdout(sys.stderr):
        try:
            spec.loader.exec_module(module)  # type: ignore[union-attr]
        except KfbridgeError:
            raise
        except SyntaxError as error:
            raise _not_python(path, error) from error
        except (Exception, SystemExit) as error:
            raise _raised(path, error) from error
    return module


class _PipelineLoader(SourceFileLoader):
    """Compiles the file anew each time, and writes nothing beside it."""

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


@contextmanager
def _importable(folder: Path, name: str, module: ModuleType) -> Iterator[None]:
    """The file's folder is first on the path for as long as the file runs.

    What was imported from there is forgotten, so that the next file with a helper of the same name gets its own.
    """
    before, path = dict(sys.modules), list(sys.path)
    sys.modules[name] = module
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = path
        for found in [key for key, value in sys.modules.items() if key not in before and _lies_in(value, folder)]:
            del sys.modules[found]
        if name in before:
            sys.modules[name] = before[name]
        else:
            sys.modules.pop(name, None)


def _lies_in(module: ModuleType | None, folder: Path) -> bool:
    file = Path(getattr(module, "__file__", None) or "/")
    return folder in file.parents and "site-packages" not in file.parts


# Choosing -------------------------------------------------------------------------------------------


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
    found = _components(module)
    if function in found:
        return found[function]
    if callable(getattr(module, function, None)):
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


# What can go wrong in the user's file ----------------------------------------------------------------


def _not_python(path: Path, error: SyntaxError) -> UsageError:
    line = f": {error.text.strip()}" if error.text else ""
    return UsageError(
        f"The file is not valid Python ({error.msg}){line}",
        where=_where(error.filename or str(path), error.lineno or 1),
        remedy="Correct that line.",
    )


def _raised(path: Path, error: BaseException) -> UsageError:
    lines = list(_lines_in(path.parent, error))
    where = lines[-1] if lines else str(path)
    remedy = "Correct the file; --debug shows the traceback."
    package = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if package == KFP:
        remedy = "Leave that import out, or put it under if __name__ == '__main__', if the pipeline works without it."
    elif package and isinstance(error, ModuleNotFoundError):
        remedy = f"Install {package} here, or import it inside the step's function if only the step needs it."
    said = str(error).strip()
    reason = f"The pipeline file raised {type(error).__name__}{': ' + said if said else ''}"
    return UsageError(reason, where=where, remedy=remedy)


def _lines_in(folder: Path, error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if folder in Path(file).parents and "site-packages" not in file:
            yield _where(file, trace.tb_lineno)
        trace = trace.tb_next


def _where(file: str, line: int) -> str:
    from kfbridge.dsl.location import Location

    return str(Location(file, line))
