"""A step as a process: its command line, its exit code, what it prints, what it leaves for whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kfbridge.runtime.executor import StepError
from kfbridge.runtime.main import parse, read
from tests.runtime.steps import HEADER, VERSIONS, artifact, executor_input, python_or_skip, run_step

EVERYTHING = """
def f(a: int, items: List[int], data: Input[Dataset], out: Output[Model], text: OutputPath(str),
      missing: Optional[Input[Metrics]] = None) -> NamedTuple("Outputs", [("total", int), ("kinds", dict)]):
    import inspect, logging
    logging.info("what a step logs is seen")
    with open(text, "w") as file:
        file.write(inspect.getsource(f).split("(")[0])
    with open(out.path, "w") as file:
        file.write("weights")
    out.framework = "none"
    return a + sum(items), {"data": type(data).__name__, "module": __name__, "missing": missing is None}
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_step_runs_on_every_python_with_nothing_installed(version: str, tmp_path: Path) -> None:
    task = executor_input(
        tmp_path,
        {"a": 2**60, "items": [1, 2]},
        {"data": artifact(tmp_path, "data")},
        outputs=("text", "total", "kinds"),
        output_artifacts={"out": artifact(tmp_path, "out", "system.Model")},
    )
    done = run_step(tmp_path, EVERYTHING, task, python=python_or_skip(version))
    assert done.code == 0, done.err
    assert done.output == {
        "parameterValues": {
            "total": 2**60 + 3,
            "kinds": {"data": "Dataset", "module": "ephemeral_component", "missing": True},
        },
        "artifacts": {
            "out": {
                "artifacts": [
                    {"name": "out", "uri": str(tmp_path / "out/data"), "metadata": {"framework": "none"}},
                ]
            }
        },
    }
    assert (tmp_path / "parameters/text").read_text() == "def f"
    assert (tmp_path / "out/data").read_text() == "weights"
    assert "INFO: what a step logs is seen" in done.out
    assert not list(tmp_path.glob("kfbridge-*")), "the source's folder is gone"


def test_an_exception_shows_the_users_frames_alone(tmp_path: Path) -> None:
    source = 'def f() -> int:\n    import json\n    return json.loads("{")\n'
    done = run_step(tmp_path, source, executor_input(tmp_path))
    assert done.code == 1
    assert done.output is None
    first, *_, last = [line.strip() for line in done.err.splitlines()]
    assert first == "Traceback (most recent call last):"
    assert last.startswith("json.decoder.JSONDecodeError: Expecting property name")
    assert "ephemeral_component.py" in done.err.splitlines()[1]
    assert "Executor" not in done.err
    assert done.error == {
        "type": "JSONDecodeError",
        "message": "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "file": done.error and done.error["file"],
        "line": HEADER.count("\n") + 3,
        "text": 'return json.loads("{")',
        "function": "f",
    }


def test_a_broken_contract_is_a_sentence_without_a_traceback(tmp_path: Path) -> None:
    done = run_step(tmp_path, "def f() -> int:\n    return 3.0\n", executor_input(tmp_path))
    sentence = "Function `f` returned a value of type float; it declares int."
    assert (done.code, done.err) == (1, f"error: {sentence}\n")
    assert done.error == {"type": "StepError", "message": sentence}


def test_a_syntax_error_points_at_the_users_line(tmp_path: Path) -> None:
    done = run_step(tmp_path, "def f():\n    return )\n", executor_input(tmp_path))
    assert done.code == 1
    assert done.err.rstrip().splitlines()[-1] == "SyntaxError: unmatched ')'"
    assert done.error is not None
    assert (done.error["type"], done.error["line"], done.error["text"]) == (
        "SyntaxError",
        HEADER.count("\n") + 2,
        "return )",
    )


def test_an_error_while_the_source_is_imported(tmp_path: Path) -> None:
    done = run_step(tmp_path, "import no_such_module\ndef f(): ...\n", executor_input(tmp_path))
    assert done.error is not None
    assert (done.code, done.error["type"]) == (1, "ModuleNotFoundError")
    assert (done.error["function"], done.error["text"]) == ("<module>", "import no_such_module")


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [("sys.exit(3)", 3, ""), ("sys.exit()", 0, ""), ("sys.exit('bye')", 1, "bye\n"), ("raise SystemExit(0)", 0, "")],
)
def test_the_exit_code_of_the_user_is_kept(tmp_path: Path, call: str, code: int, said: str) -> None:
    done = run_step(tmp_path, f"def f():\n    import sys\n    {call}\n", executor_input(tmp_path))
    assert (done.code, done.err) == (code, said)
    assert (done.error is not None) == (code != 0)
    if done.error is not None:
        assert (done.error["type"], done.error["text"], done.error["function"]) == ("SystemExit", call, "f")


def test_a_function_that_is_not_there(tmp_path: Path) -> None:
    done = run_step(tmp_path, "def g(): ...\n", executor_input(tmp_path))
    assert done.code == 1
    assert "There is no function 'f' in " in done.err


def test_workers_that_are_started_afresh_find_the_source_and_its_imports(tmp_path: Path) -> None:
    source = """
def helper(x):
    return x * 2

def f() -> list:
    import multiprocessing
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(helper, [1, 2])
"""
    done = run_step(tmp_path, source, executor_input(tmp_path))
    assert done.code == 0, done.err
    assert done.output == {"parameterValues": {"Output": [2, 4]}}


def test_an_error_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    source = "def f():\n    raise ValueError('x')\n"
    done = run_step(tmp_path, source, executor_input(tmp_path), KFBRIDGE_ERROR_FILE="/no/such/folder/error.json")
    assert done.code == 1
    assert "error: cannot write /no/such/folder/error.json" in done.err


# The command line of kfp.dsl.executor_main ----------------------------------------------------------


def test_options_are_read_in_both_spellings_and_unknown_ones_ignored() -> None:
    argv = ["--executor_input", "{}", "--function_to_execute=f", "--other", "x", "word"]
    assert parse(argv) == {"executor_input": "{}", "function_to_execute": "f", "other": "x"}


def test_the_executor_input_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "input.json").write_text('{"inputs": {}}')
    assert read(f"@{tmp_path / 'input.json'}") == {"inputs": {}}
    assert read('{"a": 1}') == {"a": 1}
    with pytest.raises(StepError, match="--executor_input is not JSON"):
        read("{{$}}")


def module_command(tmp_path: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    task = json.dumps(executor_input(tmp_path))
    command = [sys.executable, "-m", "kfbridge.runtime", *argv, "--executor_input", task]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)


COMPONENTS = """
from kfp import dsl
from kfp.dsl import PipelineTask, component

@dsl.component(base_image="python:3.11", target_image="example/image")
def f() -> int:
    return 4

@component
def g() -> int:
    return f() + 1

class Marked(PipelineTask):
    pass

@dsl.pipeline(name="p", pipeline_config=dsl.PipelineConfig())
def pipeline(task: PipelineTask = None):
    with dsl.If(f().output == 1):
        f().after(task).set_caching_options(False)
"""


@pytest.mark.parametrize("argv", [("--component_module_path", "components.py"), ()])
def test_a_function_of_the_images_own_files(tmp_path: Path, argv: tuple[str, ...]) -> None:
    (tmp_path / "components.py").write_text(COMPONENTS)
    (tmp_path / "kfp_config.ini").write_text("[Components]\ng = components.py\n")
    done = module_command(tmp_path, *argv, "--function_to_execute", "g")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "executor_output.json").read_text()) == {"parameterValues": {"Output": 5}}


def test_a_function_that_no_file_has(tmp_path: Path) -> None:
    done = module_command(tmp_path, "--function_to_execute", "g")
    assert (done.returncode, done.stderr) == (
        1,
        "error: Without --component_module_path, kfp_config.ini must name the file of 'g'.\n",
    )
    done = module_command(tmp_path, "--function_to_execute", "g", "--component_module_path", "gone.py")
    assert f"error: There is no file {tmp_path}/gone.py with the step's function." in done.stderr
