"""``kfbridge compile``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kfbridge.cli import main

PIPELINE = """
from kfp import dsl

@dsl.component
def step(x: int) -> int:
    return x

@dsl.pipeline(name="double-step", description="Steps twice.")
def pipeline(x: int, words: list = ["a"]):
    step(x=step(x=x).output)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    return tmp_path


def parameters(file: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(Path(file).read_text())["root"]["inputDefinitions"][
        "parameters"
    ]
    return found


def test_writes_the_file_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "pipeline.py", "-o", "out.yaml"]) == 0
    assert capsys.readouterr().out == "Wrote out.yaml.\n"
    text = Path("out.yaml").read_text()
    assert text.startswith("# PIPELINE DEFINITION\n# Name: double-step\n# Description: Steps twice.\n")
    assert yaml.safe_load(text)["pipelineInfo"]["name"] == "double-step"


def test_names_the_file_itself(folder: Path) -> None:
    assert main(["compile", "pipeline.py"]) == 0
    assert main(["compile", f"{folder}/pipeline.py:step"]) == 0
    assert sorted(path.name for path in folder.glob("*.yaml")) == ["pipeline.yaml", "step.yaml"]


def test_writes_json() -> None:
    assert main(["compile", "pipeline.py", "-o", "out.json"]) == 0
    assert json.loads(Path("out.json").read_text())["pipelineInfo"]["name"] == "double-step"


def test_writes_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "pipeline.py", "-o", "-"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["pipelineInfo"]["name"] == "double-step"
    assert [path.name for path in folder.iterdir()] == ["pipeline.py"]


def test_arguments_become_defaults(folder: Path) -> None:
    (folder / "params.json").write_text('{"words": ["b", "c"]}')
    assert main(["compile", "pipeline.py", "-p", "x=7", "--params-file", "params.json"]) == 0
    assert parameters("pipeline.yaml")["x"]["defaultValue"] == 7
    assert parameters("pipeline.yaml")["words"]["defaultValue"] == ["b", "c"]


def test_a_compiled_pipeline_is_written_anew(folder: Path) -> None:
    main(["compile", "pipeline.py", "-o", "one.yaml"])
    assert main(["compile", "one.yaml", "-o", "two.yaml", "-p", "x=1"]) == 0
    one, two = (yaml.safe_load((folder / name).read_text()) for name in ("one.yaml", "two.yaml"))
    two["root"]["inputDefinitions"]["parameters"]["x"].pop("defaultValue")
    assert one == two


def test_a_compiled_pipeline_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compile", "pipeline.py"])
    before = Path("pipeline.yaml").read_text()
    assert main(["compile", "pipeline.yaml"]) == 2
    assert "pipeline.yaml is compiled already.\n  Name another file with -o." in capsys.readouterr().err
    assert Path("pipeline.yaml").read_text() == before


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "pipeline.py", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"pipeline": "pipeline.py", "output": "pipeline.yaml"}
    assert main(["compile", "pipeline.py", "-o", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == Path("pipeline.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing.py"], 2, "There is no file nothing.py."),
        (["pipeline.py", "-p", "x"], 2, "'x' is not of the form name=value"),
        (["pipeline.py", "-p", "x=three"], 2, "x"),
        (["pipeline.py", "-p", "y=3"], 2, "y"),
        (
            ["pipeline.py", "-o", "missing/out.yaml"],
            2,
            "missing/out.yaml cannot be written: No such file or directory.",
        ),
        (["pipeline.py", "-o", "out.txt"], 2, "out.txt ends neither with .yaml nor with .json."),
    ],
)
def test_wrong_use_is_said(arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", *arguments]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_wrong_pipeline_is_said_with_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pipeline.py").write_text(PIPELINE.replace("step(x=x)", "step(x='text')"))
    assert main(["compile", "pipeline.py"]) == 1
    assert "error: pipeline.py:10: The task 'step' takes NUMBER_INTEGER" in capsys.readouterr().err


def test_the_traceback_is_there_for_who_wants_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pipeline.py").write_text("1 / 0\n")
    assert main(["compile", "pipeline.py", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err
