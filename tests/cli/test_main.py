"""The command line itself: help, unknown verbs, errors, exit codes, arguments from files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.cli import VERBS, main
from kfbridge.cli.options import file_arguments, text_arguments
from kfbridge.errors import UsageError


def test_help_names_every_verb_and_loads_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb} " in shown for verb in VERBS)


def test_nothing_at_all_is_a_question_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Usage: kfbridge")
    assert told.err == ""


def test_help_is_light() -> None:
    script = (
        "import sys; from kfbridge.cli import main; main(['--help'])\n"
        "print([name for name in ('pydantic', 'yaml', 'pluggy', 'kfbridge.backends') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: kfbridge {verb} ")
    assert "--json" in shown


def test_an_unknown_verb_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rsume"]) == 2
    assert "There is no verb 'rsume'. Did you mean: kfbridge resume?" in capsys.readouterr().err
    assert main(["xyz"]) == 2
    assert "There are: init, compile, check, plan" in capsys.readouterr().err


def test_wrong_use_is_told_with_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    assert capsys.readouterr().err == "error: Missing argument 'PIPELINE'.\n  See: kfbridge run --help\n"


def test_what_looks_wrong_in_a_compiled_pipeline_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(
        "components: {c: {executorLabel: e}}\n"
        "deploymentSpec: {executors: {e: {container: {image: x, command: [ls]}}}}\n"
        "pipelineInfo: {name: odd, colour: blue}\n"
        "root: {dag: {tasks: {a: {componentRef: {name: c}, taskInfo: {name: a}}}}}\n"
        "schemaVersion: 2.1.0\n"
    )
    assert main(["compile", str(path), "-o", str(tmp_path / "out.yaml")]) == 0
    assert capsys.readouterr().err == 'warning: pipelineInfo has a field "colour" that kfbridge does not know\n'
    assert "colour: blue" in (tmp_path / "out.yaml").read_text()


@pytest.mark.parametrize(
    "given", ['"parameterValues": {"n": 4}', '"parameters": {"n": {"intValue": "4"}}'], ids=["2.1.0", "2.0.0"]
)
def test_a_pipeline_job_brings_its_arguments_along(tmp_path: Path, given: str) -> None:
    path = tmp_path / "job.json"
    path.write_text(
        '{"pipelineSpec": {"pipelineInfo": {"name": "job"}, "schemaVersion": "2.1.0", "root": {"dag": {"tasks": {}},'
        '"inputDefinitions": {"parameters": {"n": {"parameterType": "NUMBER_INTEGER"}}}}},'
        f'"runtimeConfig": {{{given}}}}}'
    )
    assert dict(api.plan(str(path)).arguments) == {"n": 4}


def test_with_json_an_error_is_a_document_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "none.py"), "--json"]) == 2
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert "none.py" in document["error"]
    assert document["remedy"]
    assert told.err.startswith("error: ")
    assert "Traceback" not in told.err


def test_debug_shows_the_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["run", str(tmp_path / "none.py"), "--debug"])
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("KFBRIDGE_DEBUG", "1")
    main(["run", str(tmp_path / "none.py")])
    assert "Traceback" in capsys.readouterr().err


def test_a_run_that_does_not_exist_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for verb in ("status", "logs", "cancel", "resume"):
        assert main([verb, "nope"]) == 2
        assert "There are no runs in" in capsys.readouterr().err


def test_no_runs_is_an_empty_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": []}
    assert not (tmp_path / ".kfbridge").exists()


# Arguments -------------------------------------------------------------------------------------------


def test_arguments_are_name_and_value() -> None:
    assert text_arguments(["a=1", "b=x=y", " c =", "d= e"]) == {"a": "1", "b": "x=y", "c": "", "d": " e"}
    with pytest.raises(UsageError, match="'epochs' is not of the form name=value"):
        text_arguments(["epochs"])
    with pytest.raises(UsageError, match="'a' is given twice"):
        text_arguments(["a=1", "a=2"])


@pytest.mark.parametrize(("name", "text"), [("a.yaml", "n: 1\ntext: é\n"), ("a.json", '{"n": 1, "text": "é"}')])
def test_arguments_come_from_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert file_arguments(str(tmp_path / name)) == {"n": 1, "text": "é"}
    assert file_arguments(None) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "holds no arguments"),
        ("{a: ", "cannot be read: while parsing"),
        ("1: x", "holds no arguments"),
        ("!!python/object/apply:os.system [ls]", "cannot be read: could not determine a constructor"),
    ],
)
def test_files_that_hold_no_arguments_are_sentences(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(UsageError, match=message):
        file_arguments(str(tmp_path / "a.yaml"))
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        file_arguments(str(tmp_path / "none.yaml"))
