"""Plugins bring sizes: `kfbridge_register_machines`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, plugins
from kfbridge.errors import RequestError
from kfbridge.hookspecs import hookimpl
from kfbridge.machines import brought
from kfbridge.machines.sizes import COLUMNS
from kfbridge.machines.table import machines


@pytest.fixture
def bring(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Registers a file with the given rows, as a plugin's hook does; it is forgotten in the end."""

    def bring(rows: str) -> Path:
        file = tmp_path / "sizes.csv"
        file.write_text(",".join(COLUMNS) + "\n" + rows)
        brought.register(file)
        return file

    yield bring
    brought._FILES.clear()


def row(**cells: str) -> str:
    return ",".join(cells.get(column, "") for column in COLUMNS) + "\n"


def test_a_new_size_is_chosen_like_any_other(bring: Callable[[str], Path]) -> None:
    before = machines("sagemaker")
    bring(row(provider="sagemaker", name="ml.tiny.small", vcpu="1", memory_gib="1", traits="processing", source="us"))
    assert {one.name for one in machines("sagemaker")} - {one.name for one in before} == {"ml.tiny.small"}
    [answer] = [one for one in api.machines(cpu="1", memory="1Gi") if one.provider == "sagemaker"]
    assert answer.offer is not None
    assert answer.offer.machine == "ml.tiny.small"


def test_a_file_that_cannot_be_read_is_named(bring: Callable[[str], Path]) -> None:
    file = bring(row(provider="nobody", name="x"))
    with pytest.raises(RequestError, match=str(file)):
        machines("vertex")


def test_the_hook_is_called_with_what_registers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sizes:
        @hookimpl
        def kfbridge_register_machines(self, register: Callable[[Any], None]) -> None:
            register(tmp_path / "sizes.csv")

    registered: list[Any] = []
    plugin = Sizes()
    plugins.manager().register(plugin)
    try:
        plugins.manager().hook.kfbridge_register_machines(register=registered.append)
    finally:
        plugins.manager().unregister(plugin)
    assert registered == [tmp_path / "sizes.csv"]
