"""Environments for packages: with a strict stand-in for uv where only our part counts, with real pip where pip does."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kfbridge.backends.local import venvs
from kfbridge.backends.local.venvs import cache_folder, last_meaningful, python_for
from kfbridge.errors import BackendError

BASE = Path(sys.executable)

FAKE_UV = """#!{python}
import json, os, pathlib, sys, time
argv = sys.argv[1:]
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(argv) + "\\n")
if argv[0] == "venv":
    assert argv[1:4] == ["--seed", "--python", {python!r}] and len(argv) == 5, argv
    bin = pathlib.Path(argv[4], "bin")
    bin.mkdir(parents=True)
    (bin / "python").symlink_to({python!r})
elif argv[:3] == ["pip", "install", "--python"]:
    assert os.path.exists(argv[3]), argv
    if "slow" in argv:
        time.sleep(60)
    if "bad" in argv:
        print("Resolving", flush=True)
        sys.exit("error: no version of bad fits")
else:
    sys.exit("uv has no such command: %r" % argv)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KFBRIDGE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that knows the calls we may make; the file with its calls, one a line."""
    calls, program = tmp_path / "calls", tmp_path / "bin/uv"
    program.parent.mkdir()
    program.write_text(FAKE_UV.format(python=str(BASE), calls=str(calls)))
    program.chmod(0o755)
    calls.touch()
    monkeypatch.setattr(venvs, "_PIP_FILES", ())
    for name in venvs._PIP_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return calls


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.txt"


def installs(calls: Path) -> list[list[str]]:
    return [argv for argv in map(json.loads, calls.read_text().splitlines()) if argv[0] == "pip"]


def test_no_packages_need_no_environment(log: Path, cache: Path) -> None:
    assert python_for([], ["https://one"], [], BASE, log) == BASE
    assert not cache.exists()


def test_an_environment_is_made_once(uv: Path, log: Path) -> None:
    first = python_for(["a==1", "b"], [], [], BASE, log)
    assert first == python_for(["a==1", "b"], [], [], BASE, log)
    assert first.resolve() == BASE.resolve()
    assert installs(uv) == [["pip", "install", "--python", str(first), "a==1", "b"]]


@pytest.mark.parametrize("same", [["b", "a==1"], ["A == 1", "b", "b"], [" a==1 ", "B"]])
def test_order_case_and_spaces_do_not_matter(uv: Path, log: Path, same: list[str]) -> None:
    assert python_for(same, [], [], BASE, log) == python_for(["a==1", "b"], [], [], BASE, log)
    assert len(installs(uv)) == 1


def test_names_are_the_same_with_dash_dot_and_underscore(uv: Path, log: Path) -> None:
    assert python_for(["scikit_learn"], [], [], BASE, log) == python_for(["Scikit.Learn"], [], [], BASE, log)


def test_versions_and_indexes_and_markers_do_matter(uv: Path, log: Path) -> None:
    sets = [
        (["a==1"], []),
        (["a==2"], []),
        (["a==1"], ["https://one"]),
        (["a==1; sys_platform == 'linux'"], []),
        (["a[x]==1"], []),
    ]
    assert len({python_for(packages, urls, [], BASE, log) for packages, urls in sets}) == len(sets)


def test_a_wheel_that_changed_is_installed_anew(uv: Path, log: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "a-1-py3-none-any.whl"
    wheel.write_text("one")
    first = python_for([str(wheel)], [], [], BASE, log)
    wheel.write_text("another")
    assert python_for([str(wheel)], [], [], BASE, log) != first


def test_indexes_and_hosts_are_passed_on(uv: Path, log: Path) -> None:
    python_for(["a"], ["https://one", "https://two"], ["one", "https://user:secret@two:8080/simple"], BASE, log)
    assert installs(uv)[0][4:] == [
        "--index-url", "https://one", "--extra-index-url", "https://two",
        "--allow-insecure-host", "one", "--allow-insecure-host", "two:8080", "a",
    ]  # fmt: skip


def test_many_askers_get_one_environment(uv: Path, log: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        pythons = set(pool.map(lambda _: python_for(["a"], [], [], BASE, log), range(8)))
    assert len(pythons) == 1
    assert len(installs(uv)) == 1


def test_what_cannot_be_installed_says_the_installers_reason_and_is_not_kept(uv: Path, log: Path, cache: Path) -> None:
    for _ in range(2):
        with pytest.raises(BackendError) as caught:
            python_for(["bad", "a"], [], [], BASE, log)
        assert caught.value.reason == "The packages bad, a cannot be installed: error: no version of bad fits"
        assert str(log) in (caught.value.remedy or "")
    assert len(installs(uv)) == 2
    assert [path.suffix for path in (cache / "venvs").iterdir()] == [".lock"]
    assert "Resolving" in log.read_text()


def test_a_half_made_environment_is_made_again(uv: Path, log: Path) -> None:
    python = python_for(["a"], [], [], BASE, log)
    (python.parent.parent / "kfbridge.json").unlink()
    (python.parent.parent / "rest").touch()
    assert python_for(["a"], [], [], BASE, log) == python
    assert len(installs(uv)) == 2
    assert not (python.parent.parent / "rest").exists()


def test_an_environment_whose_python_is_gone_is_made_again(uv: Path, log: Path) -> None:
    python = python_for(["a"], [], [], BASE, log)
    python.unlink()
    python.symlink_to("/no/such/python")
    assert python_for(["a"], [], [], BASE, log).exists()


def test_making_can_be_stopped(uv: Path, log: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    started = time.monotonic()
    with pytest.raises(BackendError, match="it was cancelled"):
        python_for(["slow"], [], [], BASE, log, stop)
    assert time.monotonic() - started < 10


def test_a_python_that_is_not_there(log: Path) -> None:
    with pytest.raises(BackendError, match="The Python /no/such/python cannot be started") as caught:
        python_for(["a"], [], [], Path("/no/such/python"), log)
    assert "setting `python`" in str(caught.value)


def test_a_cache_that_cannot_be_written(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KFBRIDGE_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(BackendError, match="cannot be written") as caught:
        python_for(["a"], [], [], BASE, log)
    assert caught.value.remedy == "Set KFBRIDGE_CACHE_DIR to a folder that can."


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFBRIDGE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/kfbridge")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/kfbridge")


def test_uv_is_not_used_where_the_user_has_set_pip_up(uv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert venvs._uv() is not None
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror")
    assert venvs._uv() is None


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            "Looking in links\nERROR: Could not find a version\nERROR: No matching distribution found for a\n\n",
            "ERROR: No matching distribution found for a",
        ),
        (
            "Traceback\n  File x\nOSError: [Errno 28] No space left on device\n",
            "OSError: [Errno 28] No space left on device",
        ),
        ("  just words  \n", "just words"),
        ("", ""),
    ],
)
def test_the_line_that_says_what_went_wrong(output: str, line: str) -> None:
    assert last_meaningful(output) == line


# Real pip -------------------------------------------------------------------------------------------


def write_wheel(folder: Path, name: str, version: str) -> None:
    """A wheel with one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for path, text in files.items()}
    record = [f"{path},sha256={digests[path].decode().rstrip('=')},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip knows."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.slow
def test_pip_installs_into_an_environment_of_its_own(wheels: Path, log: Path, cache: Path) -> None:
    write_wheel(wheels, "kfbridge_sample", "1.5")
    with pytest.raises(BackendError, match="ERROR: No matching distribution found for kfbridge-sample==2"):
        python_for(["kfbridge-sample==2"], [], [], BASE, log)
    assert [path.suffix for path in (cache / "venvs").iterdir()] == [".lock"]
    python = python_for(["kfbridge-sample>=1"], [], [], BASE, log)
    ask = "import kfbridge_sample, sys; print(kfbridge_sample.VERSION, sys.prefix)"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1.5", str(python.parent.parent)]
    # A step may call pip itself, as it can in a container.
    write_wheel(wheels, "kfbridge_other", "1")
    subprocess.run([python, "-m", "pip", "install", "-q", "kfbridge-other"], check=True)
    subprocess.run([python, "-c", "import kfbridge_other"], check=True)
    assert not list(Path(sys.prefix).glob("lib/python*/site-packages/kfbridge_other*"))
    assert "Successfully installed kfbridge" in log.read_text()


@pytest.mark.network
def test_a_package_from_the_index(log: Path) -> None:
    python = python_for(["six"], [], [], BASE, log)
    subprocess.run([python, "-c", "import six"], check=True)
