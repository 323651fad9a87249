"""A pipeline of a thousand Python steps carries the runtime once."""

from __future__ import annotations

import yaml

from kfbridge.spec.write import write_yaml


def test_a_long_text_is_written_once() -> None:
    runtime = "eJx" * 2000
    data = {"a": {"command": [runtime]}, "b": {"command": [runtime, runtime]}}

    text = write_yaml(data)

    assert text.count(runtime) == 1
    assert yaml.safe_load(text) == data


def test_a_long_text_is_written_once_in_each_document() -> None:
    runtime = "eJx" * 2000

    text = write_yaml([{"a": runtime}, {"b": runtime}])

    assert list(yaml.safe_load_all(text)) == [{"a": runtime}, {"b": runtime}]
