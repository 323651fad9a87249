"""What a user can name as a pipeline, and what is said when it cannot be one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kfbridge.errors import CompileError, UsageError
from kfbridge.source import load

STEP = """
from kfbridge import dsl

@dsl.component
def step(x: int) -> int:
    return x
"""
ONE = f"""{STEP}
@dsl.pipeline
def only(x: int = 1):
    step(x=x)
"""
TWO = f"""{ONE}
@dsl.pipeline
def second(x: int = 1):
    step(x=x)
"""


def write(folder: Path, text: str, name: str = "pipeline.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def name_of(reference: object) -> str:
    component = load(str(reference)).component
    assert component is not None
    return component.name


def refusal(reference: object) -> str:
    with pytest.raises(UsageError) as caught:
        load(str(reference))
    return str(caught.value)


class TestChoosing:
    def test_the_only_pipeline_of_a_file(self, tmp_path: Path) -> None:
        assert name_of(write(tmp_path, ONE)) == "only"

    def test_a_pipeline_by_name(self, tmp_path: Path) -> None:
        assert name_of(f"{write(tmp_path, TWO)}:second") == "second"

    def test_a_component_by_name(self, tmp_path: Path) -> None:
        assert name_of(f"{write(tmp_path, TWO)}:step") == "step"

    def test_a_component_by_its_second_name(self, tmp_path: Path) -> None:
        path = write(tmp_path, f"{TWO}\nalias = step\nother = only\n")
        assert name_of(f"{path}:alias") == "step"
        assert name_of(f"{path}:other") == "only"

    def test_several_pipelines_are_listed(self, tmp_path: Path) -> None:
        path = write(tmp_path, TWO)
        assert refusal(path) == (
            f"There are 2 pipelines in {path}.\n  Name one of them:\n    {path}:only\n    {path}:second"
        )

    def test_one_pipeline_under_two_names_is_one(self, tmp_path: Path) -> None:
        assert name_of(write(tmp_path, f"{ONE}\nagain = only\n")) == "only"

    def test_and_can_be_called_by_its_other_name(self, tmp_path: Path) -> None:
        path = write(tmp_path, f"{ONE}\nby_its_other_name = only\n")
        assert name_of(f"{path}:by_its_other_name") == "only"

    def test_a_pipeline_that_is_imported_does_not_count(self, tmp_path: Path) -> None:
        write(tmp_path, ONE, "helper.py")
        text = f"from helper import only\n{ONE.replace('def only', 'def mine')}"
        assert name_of(write(tmp_path, text)) == "mine"

    def test_a_file_with_one_component_and_no_pipeline(self, tmp_path: Path) -> None:
        assert name_of(write(tmp_path, STEP)) == "step"

    def test_no_pipeline(self, tmp_path: Path) -> None:
        path = write(tmp_path, "x = 1")
        assert refusal(path) == (
            f"There is no pipeline in {path}.\n  Write @dsl.pipeline above the function that is one."
        )

    def test_a_name_that_is_not_there(self, tmp_path: Path) -> None:
        path = write(tmp_path, TWO)
        assert f"There is no 'secnd' in {path}.\n  Did you mean {path}:second?" in refusal(f"{path}:secnd")

    def test_a_plain_function(self, tmp_path: Path) -> None:
        path = write(tmp_path, "def train(): ...")
        assert f"'train' in {path} is neither a pipeline nor a component." in refusal(f"{path}:train")


class TestFiles:
    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        write(tmp_path, ONE, "train.py")
        assert refusal(tmp_path / "trian.py") == (
            f"There is no file {tmp_path}/trian.py.\n  Did you mean {tmp_path}/train.py?"
        )

    def test_a_folder(self, tmp_path: Path) -> None:
        path = write(tmp_path, ONE, "train.py")
        assert refusal(tmp_path) == f"{tmp_path} is a folder, not a pipeline.\n  Name the file in it: {path}"

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        assert "kfbridge reads .py, .yaml and .json files" in refusal(write(tmp_path, "", "notes.txt"))

    def test_a_compiled_pipeline_has_no_functions(self, tmp_path: Path) -> None:
        path = write(tmp_path, "root: {}", "p.yaml")
        assert f"Only a Python file has functions to choose from; {path} is compiled." in refusal(f"{path}:train")

    def test_a_compiled_pipeline_is_kept_as_it_is(self, tmp_path: Path) -> None:
        assert load(write(tmp_path, "root: {}", "p.yaml")).text == "root: {}"


class TestKfpFiles:
    def test_a_file_that_imports_kfp(self, tmp_path: Path) -> None:
        text = ONE.replace("from kfbridge", "from kfp") + "\nimport kfp\nfrom kfp import compiler, components\n"
        before = sys.modules.get("kfp")
        assert name_of(write(tmp_path, text)) == "only"
        assert sys.modules.get("kfp") is before

    def test_what_stands_under_main_does_not_run(self, tmp_path: Path) -> None:
        assert name_of(write(tmp_path, f"{ONE}\nif __name__ == '__main__':\n    raise SystemExit(3)\n")) == "only"

    def test_a_name_of_kfp_that_is_not_there(self, tmp_path: Path) -> None:
        message = refusal(write(tmp_path, f"{ONE}\nfrom kfp import Klient\n"))
        assert "raised ImportError: cannot import name 'Klient' from 'kfp'" in message
        assert "if the pipeline works without it" in message

    def test_a_part_of_kfp_that_is_not_there(self, tmp_path: Path) -> None:
        path = write(tmp_path, f"{ONE}\nimport kfp.cli\n")
        message = refusal(path)
        assert message.startswith(f"{path}:12: The pipeline file raised ModuleNotFoundError: kfbridge has no kfp.cli")
        assert "Leave that import out" in message

    def test_what_talks_to_a_server_of_kfp_can_be_imported_and_refuses_to_be_used(self, tmp_path: Path) -> None:
        assert name_of(write(tmp_path, f"{ONE}\nfrom kfp import Client\nimport kfp.client\n")) == "only"
        message = refusal(write(tmp_path, f"{ONE}\nfrom kfp import Client\nClient()\n", "used.py"))
        assert "Client talks to a KFP server, and kfbridge has none." in message


class TestTheFileRuns:
    def test_beside_its_own_modules(self, tmp_path: Path) -> None:
        first, second = tmp_path / "a", tmp_path / "b"
        for folder, name in ((first, "one"), (second, "two")):
            folder.mkdir()
            write(folder, f"NAME = {name!r}", "helper_of_the_test.py")
            write(
                folder,
                f"from helper_of_the_test import NAME\n{ONE.replace('@dsl.pipeline', '@dsl.pipeline(name=NAME)')}",
            )
        assert [name_of(folder / "pipeline.py") for folder in (first, second)] == ["one", "two"]
        assert str(first) not in sys.path
        assert "helper_of_the_test" not in sys.modules

    def test_anew_when_it_was_changed(self, tmp_path: Path) -> None:
        path = write(tmp_path, ONE)
        assert name_of(path) == "only"
        write(tmp_path, ONE.replace("only", "other"))
        assert name_of(path) == "other"

    def test_and_nothing_is_written_beside_it(self, tmp_path: Path) -> None:
        load(write(tmp_path, ONE))
        assert [path.name for path in tmp_path.iterdir()] == ["pipeline.py"]

    def test_and_what_it_prints_stays_off_standard_output(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        load(write(tmp_path, f"{ONE}\nprint('hello')\n"))
        assert capsys.readouterr() == ("", "hello\n")

    def test_but_is_not_python(self, tmp_path: Path) -> None:
        path = write(tmp_path, "x = 1\ndef broken(:\n")
        assert refusal(path) == (
            f"{path}:2: The file is not valid Python (invalid syntax): def broken(:\n  Correct that line."
        )

    def test_but_raises(self, tmp_path: Path) -> None:
        path = write(tmp_path, "def deep():\n    return {}['missing']\n\ndeep()\n")
        assert refusal(path) == (
            f"{path}:2: The pipeline file raised KeyError: 'missing'\n  Correct the file; --debug shows the traceback."
        )

    def test_but_exits(self, tmp_path: Path) -> None:
        path = write(tmp_path, "import sys\nsys.exit(3)\n")
        assert refusal(path).startswith(f"{path}:2: The pipeline file raised SystemExit: 3")

    def test_but_needs_a_package_that_is_not_here(self, tmp_path: Path) -> None:
        message = refusal(write(tmp_path, "import surely_not_installed.thing\n"))
        assert "raised ModuleNotFoundError: No module named 'surely_not_installed'" in message
        assert "Install surely_not_installed here, or import it inside the step's function" in message

    def test_but_the_pipeline_is_wrong(self, tmp_path: Path) -> None:
        path = write(tmp_path, ONE.replace("step(x=x)", "step(y=x)"))
        with pytest.raises(CompileError) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}:10: ")
