"""Modules named `kfp` and `kfbridge` for the code of a step, where only the runtime is at hand.

Whatever a step's code may import from them at run time is here: the artifact classes, the annotations, the
placeholders. What serves for writing pipelines exists by name only, so that a file that defines components
and pipelines can be imported: a decorator returns its function, everything else does nothing. Submodules
that are not in the table come from an installed kfp, if there is one.
"""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Dict, List

from kfbridge.runtime.annotations import (
    EmbeddedInput,
    Input,
    InputPath,
    Output,
    OutputPath,
    PipelineTaskFinalStatus,
    TaskConfig,
)
from kfbridge.runtime.artifacts import CLASSES, get_uri
from kfbridge.runtime.executor import Executor

AUTHORING = (
    "Collected ConcatPlaceholder Condition ContainerSpec Elif Else ExitHandler If IfPresentPlaceholder "
    "KubernetesWorkspaceConfig OneOf ParallelFor PipelineConfig PipelineTask TaskConfigField TaskConfigPassthrough "
    "WorkspaceConfig component container_component importer notebook_component pipeline"
).split()
MARKERS = {"Input": Input, "Output": Output, "EmbeddedInput": EmbeddedInput}
NAMED: Any = (InputPath, OutputPath, PipelineTaskFinalStatus, TaskConfig, get_uri)
PLACEHOLDERS = {
    "PIPELINE_TASK_EXECUTOR_OUTPUT_PATH": ".outputs.output_file",
    "PIPELINE_TASK_EXECUTOR_INPUT": "",
    "PIPELINE_ROOT": ".pipeline_root",
    "WORKSPACE_PATH": ".workspace_path",
}
for _name in "JOB_NAME JOB_RESOURCE_NAME JOB_ID JOB_CREATE_TIME_UTC JOB_SCHEDULE_TIME_UTC TASK_NAME TASK_ID".split():
    PLACEHOLDERS["PIPELINE_" + _name] = ".pipeline_" + _name.lower().replace("_id", "_uuid")
# These, and every module below the last six, are ours; `kfbridge.runtime` is not among them.
FAMILIES = ("dsl", "components", "compiler", "kubernetes", "local", "v2")


class _InertType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert


class Inert(metaclass=_InertType):
    """Stands for anything of the authoring language: a decorator gives back its function."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Take anything; a lone function is given back."""
        return args[0] if len(args) == 1 and callable(args[0]) else super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take anything."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take anything; a lone function is given back."""
        return Inert(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(Inert, name)

    def __enter__(self) -> "Inert":
        return self

    def __exit__(self, *error: object) -> None:
        """Leave errors alone."""


def run_notebook(**parameters: Any) -> None:
    """Run the component's notebook; a notebook component brings its own function of this name.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError("dsl.run_notebook works in a @dsl.notebook_component only.")


def names() -> Dict[str, Any]:
    """Every public name of `kfp.dsl` and what stands for it in a step."""
    table: Dict[str, Any] = dict.fromkeys(AUTHORING, Inert)
    table.update(MARKERS)
    table.update((thing.__name__, thing) for thing in (*CLASSES.values(), *NAMED, run_notebook))
    table.update((name + "_PLACEHOLDER", "{{$%s}}" % path) for name, path in PLACEHOLDERS.items())
    return table


class Finder(MetaPathFinder, Loader):
    """Finds the modules of the table; every one of them has all the names of `kfp.dsl`."""

    def __init__(self) -> None:
        self.names = names()
        # Where the real packages are, if they are: their other submodules stay reachable.
        self.real: Dict[str, List[str]] = {}
        for root in ("kfp", "kfbridge"):
            spec = PathFinder.find_spec(root)
            self.real[root] = list((spec and spec.submodule_search_locations) or [])

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """The spec of a module of ours; None for all others, and for `kfbridge` when it is really there."""
        root, *rest = fullname.split(".")
        if root not in self.real or rest and rest[0] not in FAMILIES or root == "kfbridge" and self.real[root]:
            return None
        spec = ModuleSpec(fullname, self, is_package=True)
        spec.submodule_search_locations = ["/".join([folder, *rest]) for folder in self.real[root]]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its names."""
        vars(module).update(
            self.names,
            __all__=sorted(self.names),
            __getattr__=lambda name: _more(module.__name__, name),
            Executor=Executor,
        )


def _more(module: str, name: str) -> Any:
    """What a module has beside the names: families as attributes, and authoring that nobody runs in a step."""
    if "." not in module and name in FAMILIES:
        return import_module(module + "." + name)
    if module == "kfp" and name == "Client":
        return import_module("kfp.client").Client
    if "." not in module or module.endswith(".dsl") or name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r} inside a step")
    return Inert


def install() -> None:
    """Supply the modules to this process, before any other finder."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
