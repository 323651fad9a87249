"""Plugins, loaded by pluggy from the entry points ``kfbridge.backends``: backends, and who hears of events."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pluggy

from kfbridge import hookspecs
from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend, Observer

ENTRY_POINTS = "kfbridge.backends"


@cache
def manager() -> pluggy.PluginManager:
    """The plugin manager, with every installed plugin loaded."""
    plugins = pluggy.PluginManager("kfbridge")
    plugins.add_hookspecs(hookspecs)
    plugins.load_setuptools_entrypoints(ENTRY_POINTS)
    return plugins


def backends() -> dict[str, type[Backend]]:
    """Every registered backend class, by its name."""
    found: dict[str, type[Backend]] = {}
    manager().hook.kfbridge_register_backends(register=lambda cls: found.setdefault(cls.name, cls))
    return dict(sorted(found.items()))


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


def backend(name: str) -> type[Backend]:
    """The backend class called `name`.

    Raises:
        UsageError: No installed plugin registers that name.
    """
    found = backends()
    if name not in found:
        raise UsageError(
            f"There is no backend called {name!r}.",
            remedy=f"Installed are: {', '.join(found)}. Install the package that brings it, or correct kfbridge.toml.",
        )
    return found[name]
