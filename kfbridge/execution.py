"""Running the user's pipeline file, and saying in a sentence what is wrong with it."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType

from kfbridge.aliases import KFP, kfp_names
from kfbridge.errors import KfbridgeError, UsageError


def execute(path: Path) -> ModuleType:
    """Run a pipeline file as a module of its own name, so that nothing under ``if __name__ == "__main__"`` runs.

    Args:
        path: The file, absolute. Its folder is on the path of modules meanwhile, ``kfp`` means kfbridge, and what it
            prints goes to standard error.

    Raises:
        UsageError: It is not Python, or it raised something.
        CompileError: A pipeline or component in it cannot be compiled.
    """
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


# What is wrong --------------------------------------------------------------------------------------


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
