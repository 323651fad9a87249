"""Where a path stands in a file."""

from __future__ import annotations

import json

import pytest

from kfbridge.spec.locate import locate
from kfbridge.spec.place import Path, path_text

TEXT = """\
# a comment
root:
  dag:
    tasks:
      train: {inputs: {x: 1}}
      "a.b":
      - first
      - second:
          deep: true
---
platforms:
  kubernetes: {}
"""


@pytest.mark.parametrize(
    ("path", "document", "line"),
    [
        (("root",), 0, 2),
        (("root", "dag", "tasks"), 0, 4),
        (("root", "dag", "tasks", "train", "inputs", "x"), 0, 5),
        (("root", "dag", "tasks", "a.b"), 0, 6),
        (("root", "dag", "tasks", "a.b", 1), 0, 8),
        (("root", "dag", "tasks", "a.b", 1, "second", "deep"), 0, 9),
        (("root", "dag", "tasks", "a.b", 7), 0, 6),
        (("root", "dag", "nothing", "below"), 0, 3),
        (("platforms", "kubernetes"), 1, 12),
        ((), 1, 11),
    ],
)
def test_the_line_of_a_path_or_of_what_is_nearest(path: Path, document: int, line: int) -> None:
    found = locate(TEXT, path, document)
    assert found is not None
    assert found[0] == line


def test_json_has_lines_too() -> None:
    text = json.dumps({"root": {"dag": {"tasks": {"train": 1}}}}, indent=1)
    assert locate(text, ("root", "dag", "tasks", "train")) == (5, 5)


def test_a_path_is_written_for_people() -> None:
    assert path_text(("root", "tasks", "a.b", 2, "x-y")) == "root.tasks['a.b'][2].x-y"
    assert len(path_text(("x y" * 1000,))) < 100
