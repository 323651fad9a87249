"""KFP's names, served by kfbridge to a pipeline file."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

import kfbridge
from kfbridge import components, dsl
from kfbridge.aliases import KFP_VERSION, kfp_names
from kfbridge.errors import UsageError
from kfbridge.execution import execute
from kfbridge.spec import PipelineSpec


def kfp_modules() -> dict[str, ModuleType]:
    """What other tests, or an installed kfp, have loaded under that name."""
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "kfp"}


def test_the_modules_are_kfbridges_own() -> None:
    with kfp_names():
        import kfp
        import kfp.components
        from kfp import dsl

        assert dsl is kfbridge.dsl
        assert kfp.components is components
        assert kfp.dsl is dsl
        assert kfp.__version__ == KFP_VERSION


def test_a_module_is_there_without_being_imported() -> None:
    with kfp_names():
        import kfp

        assert kfp.components.load_component_from_text is components.load_component_from_text


def test_modules_below_are_the_same_ones_too() -> None:
    with kfp_names():
        structures = importlib.import_module("kfp.dsl.structures")
    assert structures is importlib.import_module("kfbridge.dsl.structures")


def test_the_old_names_lead_to_the_same_place() -> None:
    with kfp_names():
        from kfp.v2 import components as old
    assert old is components


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("kfp.compiler.compiler", "Compiler"),
        ("kfp.components.load_yaml_utilities", "load_component_from_file"),
        ("kfp.dsl.executor", "Executor"),
        ("kfp.dsl.executor_main", "main"),
        ("kfp.dsl.task_final_status", "PipelineTaskFinalStatus"),
        ("kfp.local", "init"),
        ("kfp.local.config", "SubprocessRunner"),
        ("kfp.v2.compiler", "Compiler"),
        ("kfp.v2.dsl", "component"),
        ("kfp.kubernetes", "mount_pvc"),
    ],
)
def test_the_modules_that_users_import_from(name: str, member: str) -> None:
    with kfp_names():
        assert callable(getattr(importlib.import_module(name), member))


def test_a_module_keeps_its_own_name_and_spec() -> None:
    with kfp_names():
        importlib.import_module("kfp.components")
    assert components.__name__ == "kfbridge.components"
    assert components.__spec__ is not None
    assert components.__spec__.name == "kfbridge.components"
    importlib.reload(components)


def test_nothing_is_left_behind() -> None:
    finders, modules = list(sys.meta_path), kfp_modules()
    with kfp_names():
        importlib.import_module("kfp.components")
        assert kfp_modules() != modules
    assert kfp_modules() == modules
    assert sys.meta_path == finders


def test_an_installed_kfp_is_set_aside_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("kfp")
    monkeypatch.setitem(sys.modules, "kfp", real)
    with kfp_names():
        import kfp

        assert kfp is not real
    assert sys.modules["kfp"] is real


@pytest.mark.parametrize("name", ["kfp.cli", "kfp.dsl.nothing_like_it", "kfp.v2.client"])
def test_what_kfbridge_does_not_have_is_not_found(name: str) -> None:
    with kfp_names(), pytest.raises(ModuleNotFoundError, match=f"kfbridge has no {name}"):
        importlib.import_module(name)


def test_a_name_that_kfp_has_and_kfbridge_has_not() -> None:
    with kfp_names(), pytest.raises(ImportError):
        from kfp import version  # noqa: F401


# What needs a KFP server ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("kfp", "Client"),
        ("kfp.client", "Client"),
        ("kfp.registry", "RegistryClient"),
        ("kfp.registry", "ApiAuth"),
        ("kfp.kubeflow_client", "PipelinesClient"),
    ],
)
def test_what_needs_a_server_can_be_imported_and_refuses_to_be_called(module: str, name: str) -> None:
    with kfp_names():
        found = getattr(importlib.import_module(module), name)
    with pytest.raises(UsageError, match=f"{name} talks to a KFP server, and kfbridge has none") as refused:
        found(host="https://example.com")
    assert "`kfbridge run FILE`" in str(refused.value)


def test_a_file_that_uses_the_client_as_a_script_only_works(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    file.write_text("from kfp import Client\nif __name__ == '__main__':\n    Client()\nstep = 1\n")
    assert execute(file).step == 1


def test_a_file_that_calls_the_client_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    file.write_text("import kfp\n\nclient = kfp.Client()\n")
    with pytest.raises(UsageError, match=r"pipeline\.py:3: Client talks to a KFP server"):
        execute(file)


# Messages -------------------------------------------------------------------------------------------


@dsl.component
def step(a: str) -> str:
    return a


def test_code_for_kfp_gets_kfps_messages_where_they_are_installed() -> None:
    json_format = pytest.importorskip("google.protobuf.json_format")
    with kfp_names():
        pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
        message = step.pipeline_spec
        assert json_format.MessageToDict(message) == step.documents[0]
        assert components.load_component_from_text(json_format.MessageToJson(message)).name == "step"
    assert isinstance(step.pipeline_spec, PipelineSpec)


def test_without_the_messages_a_component_shows_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.protobuf.json_format", None)
    with kfp_names():
        assert isinstance(step.pipeline_spec, PipelineSpec)
