"""Plugins, loaded by pluggy from the entry points ``kfbridge.backends``: backends, and who hears of events.

``KFBRIDGE_PLUGINS`` limits them: a list of entry point names separated by commas; those alone are loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pluggy

from kfbridge import hookspecs
from kfbridge.errors import UsageError
from kfbridge.machines.brought import register as register_machines
from kfbridge.spelling import hint
from kfbridge.storage.registry import register as register_storage

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend, Observer

ENTRY_POINTS = "kfbridge.backends"
CHOICE = "KFBRIDGE_PLUGINS"


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point that was found: its name, the package that brings it with its version, and what went wrong.

    `error` is empty when it was loaded; `module` is what it names.
    """

    name: str
    module: str
    package: str
    version: str
    error: str = ""


def manager() -> pluggy.PluginManager:
    """The plugin manager, with every installed plugin loaded that can be; `installed` tells of the others."""
    return _loaded()[0]


def installed() -> tuple[Plugin, ...]:
    """Every plugin that was looked at, whether or not it could be loaded, by name."""
    return tuple(_plugin(point, _loaded()[1].get(point.name, "")) for point in _chosen())


def backends() -> dict[str, type[Backend]]:
    """Every registered backend class, by its name."""
    found: dict[str, type[Backend]] = {}
    manager().hook.kfbridge_register_backends(register=lambda cls: found.setdefault(cls.name, cls))
    return dict(sorted(found.items()))


def brought_by(name: str) -> Plugin | None:
    """The plugin that registers the backend `name`; None when the program registered it itself."""
    return next((plugin for plugin in installed() if name in _registered_by(plugin.name)), None)


def backend(name: str) -> type[Backend]:
    """The backend class called `name`.

    Raises:
        UsageError: No installed plugin registers that name, or the one that should cannot be loaded.
    """
    of_that_name = _registered_by(name)  # the modules of the other backends need not be imported
    if name in of_that_name:
        return of_that_name[name]
    found = backends()
    if name in found:
        return found[name]
    broken = next((plugin for plugin in installed() if plugin.error and plugin.name == name), None)
    if broken is not None:
        raise UsageError(
            f"The backend {name!r} of the package {broken.package} {broken.version} cannot be loaded: {broken.error}.",
            remedy="Install what it lacks, or another version of it.",
        )
    raise UsageError(
        f"There is no backend called {name!r}.",
        remedy=f"{hint(name, list(found))}Installed are: {', '.join(found)}. "
        "Install the package that brings it, or correct kfbridge.toml.",
    )


def missing_modules(cls: type[Backend]) -> dict[str, str]:
    """What a backend needs for running and does not find: the module, and the command that installs it."""
    modules: Mapping[str, str] = getattr(cls, "modules", {})
    return {module: f"pip install '{package}'" for module, package in modules.items() if not _is_there(module)}


def run_observer() -> Observer | None:
    """What tells the plugins with a ``kfbridge_run_event`` of a run's events; None when there are none.

    A plugin that fails is told of nothing more, and standard error says so once; the run goes on.
    """
    listening = list(manager().hook.kfbridge_run_event.get_hookimpls())
    if not listening:
        return None

    def tell(run_id: str, event: dict[str, Any]) -> None:
        given = {"run_id": run_id, "event": event}
        for plugin in list(listening):
            try:
                plugin.function(*(given[name] for name in plugin.argnames))
            except Exception as error:  # noqa: BLE001  a plugin's fault is not the run's
                listening.remove(plugin)
                print(
                    f"The plugin {plugin.plugin_name} fails and hears no more of this run: "
                    f"{type(error).__name__}: {error}",
                    file=sys.stderr,
                )

    return tell


# ----------------------------------------------------------------------------------------------------


def _registered_by(plugin: str) -> dict[str, type[Backend]]:
    """The backends that the plugin of that name registers."""
    found: dict[str, type[Backend]] = {}
    module = manager().get_plugin(plugin)
    if module is not None and hasattr(module, "kfbridge_register_backends"):
        module.kfbridge_register_backends(register=lambda cls: found.setdefault(cls.name, cls))
    return found


@cache
def _loaded() -> tuple[pluggy.PluginManager, dict[str, str]]:
    """The manager, and what went wrong with the plugins that could not be loaded, by the entry point's name."""
    plugins, errors = pluggy.PluginManager("kfbridge"), dict[str, str]()
    plugins.add_hookspecs(hookspecs)
    for point in _chosen():
        try:
            plugins.register(point.load(), point.name)
        except Exception as error:  # noqa: BLE001  one that is broken must not take the others with it
            errors[point.name] = f"{type(error).__name__}: {error}"
    plugins.hook.kfbridge_register_storage(register=register_storage)
    plugins.hook.kfbridge_register_machines(register=register_machines)
    return plugins, errors


def _chosen() -> list[EntryPoint]:
    names = os.environ.get(CHOICE)
    wanted = None if names is None else {name.strip() for name in names.split(",")}
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    return [point for name, point in sorted(found.items()) if wanted is None or name in wanted]


def _plugin(point: EntryPoint, error: str) -> Plugin:
    package = point.dist
    return Plugin(point.name, point.value, package.name if package else "", package.version if package else "", error)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False
