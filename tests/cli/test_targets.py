"""``kfbridge targets``, ``backends`` and ``doctor``: what is at hand, and what each lacks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kfbridge import api, inventory, plugins
from kfbridge.backends.local.backend import LocalBackend
from kfbridge.backends.local.config import Config
from kfbridge.errors import UsageError
from kfbridge.hookspecs import hookimpl
from tests.cli.kfbridge_process import Project

CONFIGURATION = """\
default = "fast"

[targets.fast]
backend = "local"
parallel = 8

[targets.wrong]
backend = "local"
paralel = 2
cache = "perhaps"

[targets.unknown]
backend = "locl"

[targets.empty]
"""


class ElsewhereConfig(Config):
    backend: str = "elsewhere"  # type: ignore[assignment]


class Elsewhere(LocalBackend):
    """A backend that needs modules which are not installed."""

    name: ClassVar[str] = "elsewhere"
    Config: ClassVar[Any] = ElsewhereConfig
    modules: ClassVar[dict[str, str]] = {"json": "nothing", "no_such_sdk.client": "kfbridge[elsewhere]"}
    doctor = None  # type: ignore[assignment]


class Plugin:
    @hookimpl
    def kfbridge_register_backends(self, register: Any) -> None:
        register(Elsewhere)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "kfbridge.toml").write_text(CONFIGURATION)
    return Project(tmp_path)


@pytest.fixture
def elsewhere() -> Iterator[None]:
    plugin = Plugin()
    plugins.manager().register(plugin)
    yield
    plugins.manager().unregister(plugin)


# Targets --------------------------------------------------------------------------------------------


def test_targets_are_listed_with_all_that_is_wrong_with_each(project: Project) -> None:
    found = {one["name"]: one for one in project.json("targets")["targets"]}
    assert list(found) == ["empty", "fast", "local", "unknown", "wrong"]
    assert found["fast"] == {
        "name": "fast",
        "backend": "local",
        "default": True,
        "checks_only": False,
        "ok": True,
        "where": f"{project.folder}/kfbridge.toml:3",
        "settings": {"parallel": 8},
        "problems": [],
        "missing": {},
    }
    assert found["local"]["where"] == f"{project.folder}/kfbridge.toml"
    assert [one["reason"] for one in found["wrong"]["problems"]] == [
        "The setting 'cache' of target 'wrong' cannot be 'perhaps': it should be a valid boolean, "
        "unable to interpret input.",
        "The backend 'local' has no setting 'paralel'.",
    ]
    assert [one["where"].rpartition(":")[2] for one in found["wrong"]["problems"]] == ["10", "9"]
    assert found["wrong"]["problems"][1]["remedy"].startswith("Did you mean 'parallel'?")
    assert found["unknown"]["problems"][0]["remedy"].startswith("Did you mean 'local'?")
    assert found["unknown"]["problems"][0]["where"].endswith("kfbridge.toml:13")
    assert "does not say which backend it uses" in found["empty"]["problems"][0]["reason"]


def test_targets_for_people(project: Project) -> None:
    out, _ = project.call("targets")
    lines = out.splitlines()
    assert lines[0].split() == ["TARGET", "BACKEND", "READY", "PLACE"]
    assert ["fast", "(default)", "local", "yes"] in [line.split()[:4] for line in lines]
    assert "    The backend 'local' has no setting 'paralel'." in lines


def test_a_target_whose_sdk_is_missing_says_how_to_get_it(project: Project, elsewhere: None) -> None:
    (project.folder / "kfbridge.toml").write_text('[targets.far]\nbackend = "elsewhere"\n')
    found = {one["name"]: one for one in project.json("targets")["targets"]}
    assert found["far"]["ok"] is False
    assert found["far"]["missing"] == {"no_such_sdk.client": "pip install 'kfbridge[elsewhere]'"}
    assert "pip install 'kfbridge[elsewhere]'" in project.call("targets")[0]


# Backends -------------------------------------------------------------------------------------------


def test_backends_are_listed_with_their_package_and_settings(project: Project) -> None:
    found = {one["name"]: one for one in project.json("backends")["backends"]}
    assert found["local"]["package"] == "kfbridge"
    assert found["local"]["missing"] == {}
    assert found["local"]["settings"]["parallel"] == "How many steps run at once; the number of cores."
    assert project.call("backends")[0].splitlines()[0].split() == ["BACKEND", "FROM", "RUNS"]


def test_every_setting_of_every_backend_says_what_it_means() -> None:
    unsaid = [
        f"{entry.name}.{key}"
        for entry in inventory.backends()
        for key, meaning in entry.settings.items()
        if not meaning
    ]
    assert unsaid == []


def test_a_broken_plugin_is_named_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("broken", "kfbridge.no_such_module", plugins.ENTRY_POINTS),
        EntryPoint("local", "kfbridge.backends.local", plugins.ENTRY_POINTS),
    ]
    monkeypatch.setattr(plugins, "_chosen", lambda: points)
    plugins._loaded.cache_clear()
    try:
        entries = {entry.name: entry for entry in inventory.backends()}
        assert entries["broken"].error == "ModuleNotFoundError: No module named 'kfbridge.no_such_module'"
        assert entries["local"].error == ""
        with pytest.raises(UsageError, match=r"backend 'broken' of the package .* cannot be loaded: ModuleNotFound"):
            plugins.backend("broken")
    finally:
        plugins._loaded.cache_clear()


def test_plugins_can_be_limited(project: Project) -> None:
    started = project.start("backends", "--json", env={"KFBRIDGE_PLUGINS": ""})
    out, err = started.communicate()
    assert '"backends": []' in out, err
    started = project.start("targets", env={"KFBRIDGE_PLUGINS": "somebody-elses"})
    assert "There is no backend called 'local'." in started.communicate()[0]


# Doctor ---------------------------------------------------------------------------------------------


def test_the_doctor_finds_this_machine_ready(project: Project) -> None:
    found = project.json("doctor")
    assert (found["target"], found["backend"], found["ok"]) == ("fast", "local", True)
    checks = {one["subject"]: one for one in found["checks"]}
    assert checks["interpreter of Python steps"]["ok"] is True
    assert not (project.folder / ".kfbridge").exists(), "nothing is left behind"


@pytest.mark.parametrize(
    ("setting", "subject", "said"),
    [
        ("python=/no/such/python", "interpreter of Python steps", "does not answer: No such file or directory"),
        ("python=/bin/false", "interpreter of Python steps", "fails"),
        ("artifact_root=/proc/runs", "artifact root", "cannot be written"),
        ("containers=docker", "docker", "does not answer: No such file or directory"),
    ],
)
def test_the_doctor_says_what_is_wrong(project: Project, setting: str, subject: str, said: str) -> None:
    words = ["doctor", "-t", "local", "--set", setting, "--set", "docker_command=/no/such/docker"]
    found = project.json(*words, code=1)
    [wrong] = [one for one in found["checks"] if one["ok"] is False]
    assert wrong["subject"] == subject
    assert said in wrong["said"]
    assert wrong["remedy"]


def test_the_doctor_for_people(project: Project) -> None:
    out, _ = project.call("doctor", "-t", "local", "--set", "python=/no/such/python", code=1)
    assert out.splitlines()[0] == "local (local)"
    assert '        Correct the setting "python" of the target.' in out.splitlines()


def test_a_live_look_runs_a_pipeline_and_compares_its_outputs(project: Project) -> None:
    found = project.json("doctor", "--live")
    assert found["checks"][-1]["said"].endswith("succeeded with the right outputs")
    [run] = api.runs(config=project.folder / "kfbridge.toml")
    assert run.state == "succeeded"


def test_what_a_backend_cannot_look_at_is_said(project: Project, elsewhere: None) -> None:
    (project.folder / "kfbridge.toml").write_text('[targets.far]\nbackend = "elsewhere"\n')
    found = project.json("doctor", "-t", "far", code=1)
    assert [(one["subject"], one["ok"]) for one in found["checks"]] == [
        ("module json", True),
        ("module no_such_sdk.client", False),
        ("credentials and reachability", None),
    ]
    assert "no_such_sdk" not in sys.modules
