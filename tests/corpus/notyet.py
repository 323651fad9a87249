"""Pipelines of the corpus that do not pass yet, each with the reason; the tests fail when one of them passes."""

from __future__ import annotations

from collections.abc import Mapping

NOTYET: Mapping[str, str] = {}
