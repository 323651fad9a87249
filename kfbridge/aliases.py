"""The names of KFP, served by kfbridge: ``from kfp import dsl`` without kfp.

A pipeline file that was written for KFP imports ``kfp``, ``kfp.dsl``, ``kfp.compiler`` and the modules under
them. While `kfp_names` is active those imports give kfbridge's own modules, whether kfp is installed or not,
so that there is one set of classes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from kfbridge.dsl.messages import set_maker

KFP: Final = "kfp"
KFP_VERSION: Final = "2.17.0"
"""The release of KFP whose language this is; what ``kfp.__version__`` says."""

_PACKAGES: Final = frozenset({"kfp", "kfp.v2"})
"""Packages that only hold others."""

_ROOTS: Final = ("dsl", "compiler", "components", "kubernetes", "local")
"""Modules under ``kfp`` (and ``kfp.v2``) that kfbridge has under the same name."""

_SERVER: Final = ("client", "registry", "kubeflow_client")
"""Modules under ``kfp`` for a KFP server."""

_MESSAGES: Final = "kfp.pipeline_spec"
"""The package of KFP's protobuf messages, which is a distribution of its own: the installed one is served."""

_RENAMED: Final = {
    "client": "absent",
    "client.client": "absent",
    "compiler.compiler": "compiler",
    "components.load_yaml_utilities": "components.loaders",
    "dsl.executor": "runtime.executor",
    "dsl.executor_main": "runtime.main",
    "dsl.importer_component": "dsl.importer_node",
    "dsl.task_final_status": "runtime.annotations",
    "kubeflow_client": "absent",
    "local.config": "local.runners",
    "registry": "absent",
    "registry.registry_client": "absent",
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
    set_maker(_message)
    try:
        yield
    finally:
        set_maker(None)
        sys.meta_path.remove(finder)
        _take_modules()
        sys.modules.update(set_aside)


def _take_modules() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == KFP]
    return {name: sys.modules.pop(name) for name in names}


def _message(name: str, document: Mapping[str, Any]) -> Any:
    """KFP's own message for a compiled document; None where the package of the messages is not installed."""
    try:
        messages = importlib.import_module(f"{_MESSAGES}.pipeline_spec_pb2")
        json_format = importlib.import_module("google.protobuf.json_format")
    except ImportError:
        return None
    return json_format.ParseDict(document, getattr(messages, name)(), ignore_unknown_fields=True)


def _own_name(name: str) -> str | None:
    """``kfp.dsl.types`` and ``kfp.v2.dsl.types`` are ``kfbridge.dsl.types``; None: kfbridge has nothing like it."""
    path = name.removeprefix("kfp.").removeprefix("v2.")
    own = _RENAMED.get(path)
    if own is not None and not (name.startswith("kfp.v2.") and own == "absent"):
        return f"kfbridge.{own}"
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
        if fullname.startswith(_MESSAGES):
            parents = [str(Path(folder, *fullname.split(".")[:-1])) for folder in sys.path]
            return PathFinder.find_spec(fullname, parents, target)
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
        module.__dict__["TYPE_CHECK"] = True


class _Package(ModuleType):
    """``kfp``: imports ``kfp.dsl`` when somebody asks for it, as KFP's own package has it imported."""

    def __getattr__(self, name: str) -> Any:
        inside = f"{self.__name__}.{name}"
        if name in _ROOTS or inside in _PACKAGES or (self.__name__ == KFP and name in _SERVER):
            return importlib.import_module(inside)
        if inside == "kfp.Client":
            return importlib.import_module("kfp.client").Client
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
