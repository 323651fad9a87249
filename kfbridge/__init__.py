"""One pipeline, any cloud: written in the language of Kubeflow Pipelines, run where you point it.

`kfbridge.dsl`, `kfbridge.compiler`, `kfbridge.components` and `kfbridge.local` are drop-ins for KFP's modules of the
same names. The verbs of the command line are functions of `kfbridge.api`; those that people call most are here too::

    run = kfbridge.run("pipeline.py", {"epochs": 3}, target="local")
    print(run.wait().outputs)

Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from kfbridge import api, compiler, components, dsl, local
    from kfbridge.api import cancel, check, compile, logs, resume, run, status
    from kfbridge.errors import KfbridgeError

__version__ = "0.1.0"

__all__ = [
    "KfbridgeError",
    "__version__",
    "api",
    "cancel",
    "check",
    "compile",
    "compiler",
    "components",
    "dsl",
    "local",
    "logs",
    "resume",
    "run",
    "status",
]

_MODULES: Final = frozenset({"api", "compiler", "components", "dsl", "local"})
_HOMES: Final = {
    "KfbridgeError": "errors",
    **dict.fromkeys(("cancel", "check", "compile", "logs", "resume", "run", "status"), "api"),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
