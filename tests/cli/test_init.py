"""``kfbridge init`` writes a project that runs, and never writes over anything unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfbridge import config
from kfbridge.cli import main


def test_writes_a_pipeline_and_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["kfbridge.toml", "pipeline.py"]
    said = capsys.readouterr().out
    assert f"  kfbridge run {tmp_path / 'new' / 'pipeline.py'}\n" in said
    assert f"  kfbridge compile {tmp_path / 'new' / 'pipeline.py'}\n" in said


def test_the_configuration_is_one_that_kfbridge_reads(tmp_path: Path) -> None:
    main(["init", str(tmp_path)])
    found = config.target(configuration=config.read(folder=tmp_path, environ={}))
    assert (found.name, found.config.backend) == ("local", "local")


def test_every_setting_that_the_configuration_mentions_exists(tmp_path: Path) -> None:
    main(["init", str(tmp_path)])
    file = tmp_path / "kfbridge.toml"
    file.write_text(file.read_text().replace("# parallel", "parallel").replace("# containers", "containers"))
    found = config.target(configuration=config.read(folder=tmp_path, environ={}))
    assert found.config.model_dump(include={"parallel", "containers"}) == {"parallel": 4, "containers": "docker"}


def test_leaves_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pipeline.py").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["pipeline.py"]
    assert (tmp_path / "pipeline.py").read_text() == "mine"
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'pipeline.py'} is there already; nothing was written.\n"
        "  Name another folder, or write over with --force.\n"
    )


def test_force_writes_over(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("mine")
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert "first_pipeline" in (tmp_path / "pipeline.py").read_text()


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file" / "below")]) == 2
    assert f"{tmp_path / 'file' / 'below'} cannot be written: Not a directory." in capsys.readouterr().err


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == [str(tmp_path / "pipeline.py"), str(tmp_path / "kfbridge.toml")]
    assert len(said["next"]) == 2
