"""What importing kfbridge costs, counted in modules: authoring does not pay for reading, running or the terminal."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "pydantic",
    "yaml",
    "click",
    "pluggy",
    "rich",
    "kfp",
    "google",
    "kubernetes",
    "boto3",
    "asyncio",
    "urllib.request",
)


def modules_after(statement: str) -> list[str]:
    """The modules that a fresh interpreter has loaded after `statement`, beyond those it starts with."""
    code = (
        "import sys, json; before = set(sys.modules)\n"
        f"{statement}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def heavy(modules: list[str]) -> list[str]:
    return [name for name in modules if any(name == top or name.startswith(f"{top}.") for top in HEAVY)]


@pytest.mark.parametrize(
    "statement",
    ["from kfbridge import dsl", "import kfbridge.dsl as dsl; dsl.component, dsl.pipeline, dsl.Output, dsl.Dataset"],
)
def test_authoring_is_light(statement: str) -> None:
    loaded = modules_after(statement)
    assert heavy(loaded) == []
    assert len(loaded) <= 120


def test_the_drop_ins_are_light() -> None:
    assert heavy(modules_after("from kfbridge import dsl, compiler, components")) == []


def test_the_package_itself_imports_nothing() -> None:
    assert [name for name in modules_after("import kfbridge") if "kfbridge" in name] == ["kfbridge"]


def test_the_command_line_reads_no_pipeline_to_show_its_help() -> None:
    loaded = modules_after("import kfbridge.cli")
    assert [name for name in loaded if name.startswith("kfbridge.")] != []
    assert not {"yaml", "kfbridge.api", "kfbridge.dsl", "kfbridge.engine", "kfbridge.graph.resolve"} & set(loaded)


def test_every_public_name_is_there() -> None:
    code = "import kfbridge; print(*(name for name in kfbridge.__all__ if not hasattr(kfbridge, name)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
