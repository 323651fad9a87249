from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.runs.paths import RunPaths, escape, key_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train-model_2.txt", "train-model_2.txt"),
        ("../../etc/passwd", "~2E.~2F..~2Fetc~2Fpasswd"),
        ("..", "~2E."),
        (".hidden", "~2Ehidden"),
        ("", "~"),
        ("a b", "a~20b"),
        ("é", "~C3~A9"),
        ("nul\0", "nul~00"),
        ("a~20b", "a~7E20b"),
    ],
)
def test_a_name_becomes_one_harmless_path_segment(name: str, expected: str) -> None:
    assert escape(name) == expected


def test_long_names_stay_different_and_fit_every_file_system() -> None:
    first, second = escape("x" * 5000 + "a"), escape("x" * 5000 + "b")
    assert first != second
    assert max(len(first), len(second)) < 255


@given(st.text(), st.text())
def test_different_names_have_different_segments_that_stay_in_their_folder(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)
    assert PurePosixPath("/root", escape(one)).parent == PurePosixPath("/root")
    assert escape(one) not in {"", ".", ".."}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("train", "train"),
        ("for-loop-1[3]/condition-2/train", "for-loop-1@3/condition-2/train"),
        ("../train", "~2E./train"),
        ("loop@3", "loop~403"),
    ],
)
def test_a_key_is_one_folder_a_segment(key: str, expected: str) -> None:
    assert key_path(key) == Path(expected)


def test_a_key_that_nests_very_deeply_fits_every_path() -> None:
    groups = "/".join(["a-nested-pipeline-with-a-name"] * 200)
    one, other = (RunPaths(Path("/root/run")).log(f"{groups}/{name}/train", 1) for name in ("x", "y"))
    assert one != other
    assert len(str(one)) < 700
    assert one.parts[-3:] == ("train", "1", "log.txt")
    assert str(one).startswith("/root/run/tasks/a-nested-pipeline-with-a-name/")
    assert key_path("/".join(["g"] * 300)) == Path("/".join(["g"] * 300))


def test_nothing_of_a_run_leaves_its_folder(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "run")
    for path in (paths.log("../../x", 1), paths.artifact("..", 2, "../../y"), paths.attempt("/etc", 3)):
        assert path.resolve().is_relative_to(tmp_path / "run")


def test_a_retry_writes_its_artifacts_elsewhere(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    assert paths.artifact("train", 1, "model") == tmp_path / "artifacts/train/model"
    assert paths.artifact("train", 2, "model") == tmp_path / "artifacts/train/@2/model"
