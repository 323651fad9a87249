"""The names of KFP, served by kfbridge: ``from kfp import dsl`` without kfp.

A pipeline file that was written for KFP imports ``kfp``, ``kfp.dsl``, ``kfp.compiler`` and the modules under
them. While `kfp_names` is active those imports give kfbridge's own modules, whether kfp is installed or not,
so that there is one set of classes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

KFP: Final = "kfp"
KFP_VERSION: Final = "2.17.0"
"""The release of KFP whose language this is; what ``kfp.__version__`` says."""

_PACKAGES: Final = frozenset({"kfp", "kfp.v2"})
"""Packages that only hold others."""

_ROOTS: Final = ("dsl", "compiler", "components", "kubernetes", "local")
"""Modules under ``kfp`` (and ``kfp.v2``) that kfbridge has under the same name."""


_RENAMED: Final = {
    "compiler.compiler": "compiler",
    "dsl.executor": "runtime.executor",
    "dsl.executor_main": "runtime.main",
    "dsl.task_final_status": "runtime.annotations",
    "local.config": "local.runners",
}
"""Modules of KFP that have another name here."""


@contextmanager
def kfp_names() -> Iterator[None]:
    """Serve kfbridge's modules under KFP's names until the end of the block, in this process.

    Modules of the real kfp that were imported before are back afterwards.
    """
    set_aside = _take_modules()
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _take_modules()
        sys.modules.update(set_aside)


def _take_modules() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == KFP]
    return {name: sys.modules.pop(name) for name in names}


def _own_name(name: str) -> str | None:
    """``kfp.dsl.types`` and ``kfp.v2.dsl.types`` are ``kfbridge.dsl.types``; None: kfbridge has nothing like it."""
    path = name.removeprefix("kfp.").removeprefix("v2.")
    path = _RENAMED.get(path, path)
    if path.startswith("runtime."):
        return f"kfbridge.{path}"
    return f"kfbridge.{path}" if path.partition(".")[0] in _ROOTS else None


class _Finder(MetaPathFinder):
    """Finds ``kfp`` and what is under it, before any installed kfp."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != KFP:
            return None
        if fullname in _PACKAGES:
            return ModuleSpec(fullname, _PackageLoader(), is_package=True)
        own = _own_name(fullname)
        if own is None or not _exists(own):
            raise ModuleNotFoundError(f"kfbridge has no {fullname}", name=fullname)
        return ModuleSpec(fullname, _AliasLoader(own), is_package=True)


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


class _PackageLoader(Loader):
    """Makes the module ``kfp`` itself, whose attributes are its modules."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Package(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__version__"] = KFP_VERSION


class _Package(ModuleType):
    """``kfp``: imports ``kfp.dsl`` when somebody asks for it, as KFP's own package has it imported."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and (name in _ROOTS or f"{self.__name__}.{name}" in _PACKAGES):
            return importlib.import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"kfbridge has no {self.__name__}.{name}")


class _AliasLoader(Loader):
    """Gives a module of kfbridge under another name, unchanged."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._own)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just written the alias's spec into the module: it keeps its own.
        module.__spec__ = self._spec
