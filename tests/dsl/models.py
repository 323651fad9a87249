"""A pydantic model of a user's, in a module that a step can import."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Person(BaseModel):
    name: str
    years: int = Field(1, alias="age")
