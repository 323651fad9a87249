"""Checks of types, under the names that KFP gives them."""

from __future__ import annotations

from kfbridge.dsl.type_check import type_check as TypeCheckManager
from kfbridge.errors import KfbridgeWarning as InconsistentTypeWarning
from kfbridge.errors import TypeMismatchError as InconsistentTypeException

__all__ = ["InconsistentTypeException", "InconsistentTypeWarning", "TypeCheckManager"]
