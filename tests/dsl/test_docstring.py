"""What a docstring says about a component, as KFP (with docstring_parser 0.18) reads it."""

from __future__ import annotations

import textwrap

import pytest

from kfbridge.dsl.docstring import Docstring, parse


def read(text: str) -> Docstring:
    return parse(textwrap.dedent(text).strip())


def test_a_docstring_describes_inputs_and_outputs() -> None:
    found = read("""
        What it does.

        More
        about it.

        Args:
            a (str): The a.
            b: The b: with a colon,
                and a second line.

        Returns:
            Output: The result.
        """)
    assert found.description == "What it does.\nMore\nabout it."
    assert found.inputs == {"a": "The a.", "b": "The b: with a colon,\nand a second line."}
    assert found.outputs == {"Output": "The result."}


def test_in_numpys_style() -> None:
    found = read("""
        What it does.

        Parameters
        ----------
        a : str
            The a.
        b
            The b,
            and a second line.

        Returns
        -------
        Output
            The result.
        """)
    assert (found.description, found.inputs) == ("What it does.", {"a": "The a.", "b": "The b,\nand a second line."})
    assert found.outputs["Output"] == "The result."


def test_in_restructured_text() -> None:
    found = parse("What it does.\n\n:param str a: The a.\n:param b: The b,\n  and more\n:returns: nothing")
    assert (found.description, found.inputs) == ("What it does.", {"a": "The a.", "b": "The b,\nand more"})


def test_in_epydoc() -> None:
    found = parse("What it does.\n@param a: The a.\n@type a: text\n@return: nothing")
    assert (found.description, found.inputs) == ("What it does.", {"a": "The a."})


@pytest.mark.parametrize("entry", ["just text", "a - The a."])
def test_a_list_with_an_entry_without_a_colon_is_no_list(entry: str) -> None:
    """And as nothing else is found either, all of the text is the description."""
    text = f"What it does.\n\nArgs:\n    b: The b.\n    {entry}"
    assert parse(text) == Docstring(f"What it does.\nArgs:\n    b: The b.\n    {entry}")


def test_outputs_are_not_described_where_the_returns_are_text() -> None:
    assert read("""
        What it does.

        Args:
            a: The a.

        Returns:
            The result.
        """) == Docstring("What it does.", {"a": "The a."})


def test_only_one_of_the_spaces_after_the_colon_is_left_out() -> None:
    assert parse("Does.\n\nArgs:\n    a:  Two.").inputs == {"a": " Two."}


def test_of_two_sections_with_the_same_title_the_last_counts() -> None:
    assert parse("Does.\n\nArgs:\n    a: The a.\n\nArgs:\n    b: The b.").inputs == {"b": "The b."}


def test_text_at_the_margin_ends_a_section() -> None:
    found = parse("Does.\n\nArgs:\n    a: The a.\nAnd more.\n    b: not an input")
    assert found == Docstring("Does.", {"a": "The a."})


def test_the_style_that_finds_most_is_taken() -> None:
    assert parse("Does.\n\nExample:\n    f()\n\n:param a: The a.\n:param b: The b.").inputs == {
        "a": "The a.",
        "b": "The b.",
    }


def test_a_line_that_begins_like_a_field_and_is_none_rules_its_style_out() -> None:
    assert parse("Does.\n:nothing") == Docstring("Does.\n:nothing")
    assert parse("Does.\n@dsl.component").description == "Does.\n@dsl.component"


def test_examples_count_by_their_runs_of_code() -> None:
    """Two examples of numpy's outweigh one argument of Google's, and so there are no arguments."""
    text = "Does.\n\nArgs:\n    a: The a.\n\nExamples\n--------\n>>> f(1)\n2\n>>> f(2)\n3"
    assert parse(text) == Docstring("Does.\nArgs:\n    a: The a.")


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_docstring_there_is_nothing(text: str | None) -> None:
    assert parse(text) == Docstring()


@pytest.mark.parametrize(
    ("text", "description", "inputs"),
    [
        ("Args:\n    text: What to say", "Args:\ntext: What to say", {}),
        ("Args:\n    text: What to say\n\nReturns:\n    It", None, {"text": "What to say"}),
        ("Says.\n\nArgs:\n    text: What to say\n\nNote:\n    loud", "Says.", {"text": "What to say"}),
        ("Returns:\n    It", None, {}),
    ],
)
def test_odd_docstrings_are_read_as_kfp_reads_them(text: str, description: str | None, inputs: dict[str, str]) -> None:
    found = parse(text)
    assert (found.description, found.inputs) == (description, inputs)
