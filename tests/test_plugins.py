"""Plugins hear of every event of a run, and cannot break it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, dsl, plugins
from kfbridge.hookspecs import hookimpl


@dsl.component
def hello() -> str:
    return "hello"


@dsl.pipeline(name="greeting")
def greeting() -> None:
    hello()


class Listener:
    """A plugin that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    @hookimpl
    def kfbridge_run_event(self, run_id: str, event: dict[str, Any]) -> None:
        self.told.append((run_id, event))


class Broken:
    """A plugin that fails whenever it is called."""

    @hookimpl
    def kfbridge_run_event(self, event: dict[str, Any]) -> None:
        raise RuntimeError("no more")


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening, broken = Listener(), Broken()
    plugins.manager().register(listening)
    plugins.manager().register(broken, "broken")
    yield listening
    plugins.manager().unregister(listening)
    plugins.manager().unregister(broken)


def test_plugins_hear_what_the_journal_holds_and_one_that_fails_is_named_once(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert api.run(greeting, run_id="mine").wait().state == "succeeded"
    journal = [json.loads(line) for line in Path(".kfbridge/runs/mine/journal.jsonl").read_text().splitlines()]
    assert [event for _, event in listener.told] == journal
    assert {run_id for run_id, _ in listener.told} == {"mine"}
    said = capfd.readouterr().err
    assert said == "The plugin broken fails and hears no more of this run: RuntimeError: no more\n"


def test_without_such_plugins_nobody_is_told() -> None:
    assert plugins.run_observer() is None
