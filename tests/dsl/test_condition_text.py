"""Text in conditions: spelt as KFP spells it, unless that would mean something else."""

from __future__ import annotations

import warnings

import pytest

from kfbridge import dsl
from kfbridge.spec.expression import Literal, parse
from tests.dsl.components import nothing


def condition(compiled, text: str) -> str:
    def asks(answer: str):
        with dsl.If(answer == text):
            nothing()

    return compiled(asks)["root"]["dag"]["tasks"]["condition-1"]["triggerPolicy"]["condition"]


def test_plain_text_is_quoted(compiled) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert condition(compiled, "heads").endswith(" == 'heads'")


@pytest.mark.parametrize("text", ["it's me", r"C:\dir", "two\nlines"])
def test_what_kfp_does_not_escape_is_not_escaped_but_warned_about(compiled, text: str) -> None:
    with pytest.warns(UserWarning, match="without escaping it"):
        found = condition(compiled, text)
    assert found.endswith(f" == '{text}'")
    assert parse(found).right == Literal(text)


@pytest.mark.parametrize("text", ["a' || 'b' == 'b", r"tab\there", "ends with \\", "it''s"])
def test_text_is_never_read_as_something_else(compiled, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = condition(compiled, text)
    assert parse(found).right == Literal(text)
