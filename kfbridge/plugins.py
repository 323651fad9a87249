"""Which backends there are: entry points of the group ``kfbridge.backends``, loaded by pluggy."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pluggy

from kfbridge import hookspecs
from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend

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
