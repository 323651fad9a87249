"""Boot commands: what kfbridge writes, and what it understands of KFP's."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.spec.boot import PythonBoot, lean_boot, read_boot, write_boot
from tests.conftest import corpus_files

ARGS = ["--executor_input", "{{$}}", "--function_to_execute", "f"]
SOURCE = "\nimport kfp\n\ndef f(): ...\n"
ENSURE_PIP = """
if ! [ -x "$(command -v pip)" ]; then
    python3 -m ensurepip || python3 -m ensurepip --user || apt-get install python3-pip
fi

"""
PIP = "PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet --no-warn-script-location"
OWN_KFP = "'kfp==2.14.3' '--no-deps' 'typing-extensions>=3.7.4,<5; python_version<\"3.9\"'"
RUN = """program_path=$(mktemp -d)

printf "%s" "$0" > "$program_path/ephemeral_component.py"
_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main                         --component_module_path     \
                    "$program_path/ephemeral_component.py"                         "$@"
"""
OLD_RUN = """
program_path=$(mktemp -d)
printf "%s" "$0" > "$program_path/ephemeral_component.py"
python3 -m kfp.components.executor_main --component_module_path "$program_path/ephemeral_component.py" "$@"
"""


def kfp(script: str | None, run: str = RUN) -> PythonBoot | None:
    """The meaning of a command as KFP writes it, with this install script."""
    install = [] if script is None else ["sh", "-c", script]
    return read_boot([*install, "sh", "-ec", run, SOURCE], ARGS)


# Writing --------------------------------------------------------------------------------------------


def test_a_function_without_packages_needs_no_shell() -> None:
    command, args = write_boot("f", SOURCE)
    assert (command[:2], command[4:], args) == (["python3", "-c"], [SOURCE], ARGS)


def test_a_function_of_the_image_is_run_as_kfp_runs_it() -> None:
    assert write_boot("f", None) == (["python3", "-m", "kfp.dsl.executor_main"], ARGS)


@pytest.mark.parametrize("packages", [[], ["pandas"], ["a>=1,<2", "b[c]; python_version < '3.9'", 'it\'s $(odd) "x"']])
@pytest.mark.parametrize("use_venv", [False, True])
def test_what_is_written_is_read_back(packages: list[str], use_venv: bool) -> None:
    urls, hosts = ["https://one/simple", "https://two/simple"], ["one", "two:8080"]
    command, args = write_boot("f", SOURCE, packages, urls, hosts, use_venv)
    read = read_boot(command, args)
    if not packages:
        assert read == PythonBoot("f", SOURCE)
    elif "$" in packages[-1]:  # such a word may mean something to a shell: the command itself knows best
        assert read is not None
        assert read.unknown == (packages[-1],)
    else:
        assert read == PythonBoot("f", SOURCE, tuple(packages), tuple(urls), tuple(hosts), use_venv)


def test_the_install_script_gives_pip_each_word_as_it_is(tmp_path: Path) -> None:
    packages = ["a>=1,<2", "it's $(odd)"]
    command, _ = write_boot("f", SOURCE, packages, ["https://one"], ["one"])
    for name in ("pip", "python3"):
        (tmp_path / name).write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
        (tmp_path / name).chmod(0o755)
    script = [*command[:3], "echo", "the step"]
    done = subprocess.run(script, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True)
    *pip, last = done.stdout.splitlines()
    options = ["--quiet", "--no-warn-script-location", "--index-url", "https://one", "--trusted-host", "one"]
    assert pip == ["-m", "pip", "install", *options, *packages]
    assert last == "the step"


def test_the_step_does_not_run_when_pip_fails(tmp_path: Path) -> None:
    command, _ = write_boot("f", SOURCE, ["a"])
    for name in ("pip", "python3"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([*command[:3], "echo", "ran"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True)
    assert (done.returncode, done.stdout) == (3, b"")


# Reading KFP's --------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [RUN, OLD_RUN])
@pytest.mark.parametrize(
    "script",
    [
        None,
        f'{ENSURE_PIP}{PIP} {OWN_KFP} && "$0" "$@"\n',
        f'{ENSURE_PIP}{PIP} \'kfp==2.0.1\' && "$0" "$@"\n',
        f"{ENSURE_PIP}{PIP} 'git+https://github.com/kubeflow/pipelines.git@master#egg=kfp&subdirectory=sdk/python' "
        '&& "$0" "$@"\n',
    ],
)
def test_the_kfp_that_kfp_installs_for_itself_is_no_package(script: str | None, run: str) -> None:
    assert kfp(script, run) == PythonBoot("f", SOURCE, origin="kfp")


@pytest.mark.parametrize(
    ("installs", "packages"),
    [
        ([f"{PIP} {OWN_KFP}", "python3 -m pip install --quiet --no-warn-script-location 'a' 'b==1'"], ("a", "b==1")),
        ([f"{PIP} 'a' 'b==1'", f"python3 -m pip install {OWN_KFP}"], ("a", "b==1")),
        ([f"{PIP} 'a'"], ("a",)),
        ([f"{PIP} 'kfp' 'a'", f"{PIP} {OWN_KFP}"], ("kfp", "a")),
        ([f"{PIP} 'kfp-kubernetes==1.2'", f"{PIP} {OWN_KFP}"], ("kfp-kubernetes==1.2",)),
    ],
)
def test_the_users_packages_are_told_from_kfps_own(installs: list[str], packages: tuple[str, ...]) -> None:
    read = kfp(ENSURE_PIP + "  &&  ".join(installs) + ' && "$0" "$@"\n')
    assert read == PythonBoot("f", SOURCE, packages, origin="kfp")


def test_index_options_and_the_environment_of_its_own() -> None:
    index = "--index-url https://one/simple --extra-index-url=https://two --trusted-host one"
    venv = (
        'export PIP_DISABLE_PIP_VERSION_CHECK=1\ntmp=$(mktemp -d)\npython3 -m venv "$tmp/venv" --system-site-packages\n'
    )
    activate = '. "$tmp/venv/bin/activate"\n'
    read = kfp(f'{ENSURE_PIP}{PIP} {index} \'a\'  &&  \n{venv}{activate} {PIP} {index} {OWN_KFP} && "$0" "$@"\n')
    assert read == PythonBoot(
        "f", SOURCE, ("a",), ("https://one/simple", "https://two"), ("one",), use_venv=True, origin="kfp"
    )


@pytest.mark.parametrize(
    ("script", "unknown"),
    [
        (f'{PIP} --no-binary :all: \'a\' && "$0" "$@"', "--no-binary"),
        (f'{PIP} -r requirements.txt && "$0" "$@"', "-r"),
        (f'apt-get install -y gcc && {PIP} \'a\' && "$0" "$@"', "apt-get install -y gcc"),
        (f'{PIP} "a==$VERSION" && "$0" "$@"', "a==$VERSION"),
        (f'{PIP} \'a\' || true ; "$0" "$@"', "||"),
        (f'{PIP} \'a && "$0"', None),
    ],
)
def test_what_is_not_understood_is_said(script: str, unknown: str | None) -> None:
    read = kfp(script)
    assert read is not None
    assert read.unknown if unknown is None else unknown in read.unknown


def test_a_function_of_the_image() -> None:
    command = ["python3", "-m", "kfp.dsl.executor_main"]
    assert read_boot(command, ARGS) == PythonBoot("f", None, origin="kfp")
    assert read_boot(command, [*ARGS, "--more", "x"]) == PythonBoot("f", None, origin="kfp", extra_args=("--more", "x"))


def test_arguments_may_stand_in_the_command_and_with_equal_signs() -> None:
    command, _ = write_boot("f", SOURCE)
    read = read_boot([*command, "--executor_input={{$}}", "--function_to_execute=g"], [])
    assert read == PythonBoot("g", SOURCE)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ([], []),
        (["echo", "hello"], []),
        (["python3", "-c", "print(1)"], ARGS),
        (["python3", "-c", "print(1)", "kfbridge_runtime", SOURCE], ARGS),
        (["python3", "-m", "my.executor_main"], ARGS),
        (["sh", "-c", "echo \"$0\"", "sh", "-ec", "echo \"$0\"", SOURCE], ARGS),
        (["sh", "-ec", RUN + "\nrm -rf /tmp/x\n", SOURCE], ARGS),
        (["sh", "-ec", RUN, SOURCE], ["--executor_input", "other", "--function_to_execute", "f"]),
        (["sh", "-ec", RUN, SOURCE], ["--executor_input", "{{$}}"]),
        (["sh", "-c", "pip install a && \"$0\" \"$@\"", "python3", "-u", "-c", SOURCE], ARGS),
    ],
)  # fmt: skip
def test_other_containers_are_left_alone(command: list[str], args: list[str]) -> None:
    assert read_boot(command, args) is None


# The corpus -----------------------------------------------------------------------------------------


def containers(path: Path) -> list[dict[str, Any]]:
    documents = [
        document for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader) if isinstance(document, dict)
    ]
    executors = [document.get("deploymentSpec", {}).get("executors") or {} for document in documents]
    return [body["container"] for each in executors for body in each.values() if "container" in body]


@pytest.mark.corpus
def test_every_python_function_of_the_corpus_is_recognised_and_nothing_else(corpus: Path) -> None:
    seen = {True: 0, False: 0}
    for path in corpus_files("valid", "kubernetes", "argo_compatibility"):
        for container in containers(path):
            read = read_boot(container.get("command", []), container.get("args", []))
            is_function = "executor_main" in shlex.join(container.get("command", []))
            assert (read is not None) == is_function, path.name
            seen[is_function] += 1
            if read is not None:
                assert read.unknown == (), path.name
                assert not any(package.startswith("kfp") for package in read.packages), path.name
                assert read.source is None or f"def {read.function}(" in read.source, path.name
    assert seen[True] > 200
    assert seen[False] > 20


def test_kfp_local_takes_our_command_for_a_python_function() -> None:
    """It looks for the name of its own executor module in any part of the command, and refuses other containers."""
    command, _ = write_boot("step", "def step(): ...")
    assert any("kfp.dsl.executor_main" in part for part in command)


# Lean ------------------------------------------------------------------------------------------------


def test_kfps_boot_becomes_kfbridges_with_the_same_function_and_packages() -> None:
    install = f'{ENSURE_PIP}{PIP} {OWN_KFP} && {PIP} \'six==1.16.0\' && "$0" "$@"\n'
    command, args = lean_boot(["sh", "-c", install, "sh", "-ec", RUN, SOURCE], ARGS)
    assert "kfp==" not in " ".join(command)
    assert (command, args) == write_boot("f", SOURCE, ["six==1.16.0"])


@pytest.mark.parametrize("command", [["echo", "hello"], ["sh", "-c", "pip install kfp && python3 main.py"]])
def test_what_is_no_boot_of_a_function_stays_as_it_is(command: list[str]) -> None:
    assert lean_boot(command, ["a"]) == (command, ["a"])


def test_kfbridges_own_boot_stays_as_it_is() -> None:
    command, args = write_boot("step", "def step(): pass", ["six"])
    assert lean_boot(command, args) == (command, args)
