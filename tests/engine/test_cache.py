from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfbridge.engine.cache import FileCache, fingerprint
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Container
from kfbridge.spec.boot import write_boot
from tests.engine.build import step
from tests.engine.test_executor_input import invocation

BASE = invocation(
    step({"n": int}, {"x": int}, artifacts_in={"m": "system.Model"}), {"n": 1}, m=[Artifact("m", "system.Model", "/m")]
)


def container(**changes: Any) -> TaskInvocation:
    return replace(BASE, container=replace(BASE.container, **changes))


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, component="comp-other"),
        replace(BASE, parameters={"n": 2}),
        replace(BASE, artifacts={"m": [Artifact("m", "system.Model", "/other")]}),
        replace(BASE, outputs=step(outputs={"x": str}).outputs),
        replace(BASE, cache_key="mine"),
        replace(BASE, platforms={"kubernetes": {"pvcMount": [{"constant": "disk"}]}}),
        container(image="other"),
        container(command=("other",)),
        container(args=("other",)),
        container(env=(("A", "b"),)),
    ],
)
def test_what_changes_the_result_changes_the_fingerprint(other: TaskInvocation) -> None:
    assert fingerprint(other) != fingerprint(BASE)


def test_where_and_when_a_task_runs_does_not_change_the_fingerprint() -> None:
    other = replace(BASE, run_id="run-2", key="elsewhere", attempt=3, task="t", display_name="T", pipeline="p")
    other = replace(other, platforms={"kfbridge": {"timeout": "60s"}, "kubernetes": {"imagePullPolicy": "Always"}})
    assert fingerprint(other) == fingerprint(BASE)


def test_a_key_of_the_user_stands_for_all_but_the_component() -> None:
    mine = replace(BASE, cache_key="mine")
    assert fingerprint(replace(mine, parameters={"n": 9})) == fingerprint(mine)
    assert fingerprint(replace(mine, component="comp-other")) != fingerprint(mine)


def booted(source: str, packages: tuple[str, ...] = (), bundle: str = "") -> str:
    command, args = write_boot("f", source, packages)
    if bundle:
        command = [bundle if len(part) > 3000 else part for part in command]
    body = Container("exec", "image", tuple(command), tuple(args))
    return fingerprint(replace(BASE, container=body))


def test_of_a_python_function_the_users_own_source_and_packages_count() -> None:
    assert booted("def f(): pass") == booted("def f(): pass")
    assert booted("def f(): return 1") != booted("def f(): pass")
    assert booted("def f(): pass", ("numpy",)) != booted("def f(): pass")


def test_a_file_cache_keeps_outputs(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache")
    data = tmp_path / "data"
    data.touch()
    outputs = Outputs({"x": 2**60}, {"m": [Artifact("m", "system.Model", f"file://{data}", {"a": 1})]})
    assert cache.lookup("ab12") is None
    cache.store("ab12", outputs)
    assert cache.lookup("ab12") == outputs
    data.unlink()
    assert cache.lookup("ab12") is None, "an entry whose files are gone is none"


def test_an_artifact_that_never_had_a_file_is_not_missed(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    outputs = Outputs({}, {"m": [Artifact("m", "system.Metrics", str(tmp_path / "nothing"), {"auc": 1.0})]})
    cache.store("ab12", outputs)
    assert cache.lookup("ab12") == outputs


def test_remote_artifacts_count_as_there(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    outputs = Outputs({}, {"m": [Artifact("m", "system.Model", "gs://b/m")]})
    cache.store("ab12", outputs)
    assert cache.lookup("ab12") == outputs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"places": [], "outputs": {"artifacts": {"m": [{"no": "artifact"}]}}}',
        '{"places": 3, "outputs": {}}',
    ],
)
def test_a_broken_entry_is_none(text: str, tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    cache.store("ab12", Outputs())
    (tmp_path / "ab" / "ab12.json").write_text(text)
    assert cache.lookup("ab12") is None


def test_a_cache_that_cannot_be_written_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    FileCache(tmp_path / "file" / "cache").store("ab12", Outputs())
