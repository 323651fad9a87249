"""The documentation is run: its files are written, its commands are carried out, its outputs are compared."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, Block, blocks, pages

STORIES = [page for page in pages() if any(block.kind == "run" for block in blocks(page))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def shell(
    command: str, folder: Path, env: Mapping[str, str], patience: float = 300
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euc", command], cwd=folder, env=env, capture_output=True, text=True, timeout=patience
    )


def write(block: Block, folder: Path) -> None:
    file = folder / block.about
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text)


@pytest.mark.slow
@pytest.mark.parametrize("page", STORIES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_of_a_page_works(page: Path, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "examples", tmp_path / "examples")
    for block in blocks(page):
        if block.kind == "file":
            write(block, tmp_path)
        elif block.kind == "run":
            done = shell(block.text, tmp_path, environment())
            assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"


OUTPUTS = [(page, block) for page in pages() for block in blocks(page) if block.kind == "output"]


@pytest.mark.parametrize(("page", "block"), OUTPUTS, ids=[block.about for _, block in OUTPUTS])
def test_every_output_is_fresh(page: Path, block: Block, tmp_path: Path) -> None:
    """To renew them: ``python -m tests.docs.renew``."""
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(block.about)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout == block.text, f"{page.name} shows an old output of {block.about}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_block_says_what_it_is(page: Path) -> None:
    unmarked = [
        block.text for block in blocks(page) if block.kind == "unmarked" and block.language in ("python", "toml")
    ]
    assert unmarked == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_shows_the_main_example_as_it_is() -> None:
    [shown] = [block.text for block in blocks(REPOSITORY / "README.md") if block.language == "python"]
    assert shown == (REPOSITORY / "examples" / "breast_cancer" / "pipeline.py").read_text()
