"""What every message of the spec has in common, and the scalar types of protobuf's JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


class Message(BaseModel):
    """A message of the IR.

    Fields are read under their JSON name (camelCase) or their proto name (snake_case) and written under the
    first. A field that was not in the file, or that was null there, is None. Fields that this version does
    not know are kept. Values are not coerced: protobuf does not either.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        strict=True,
        defer_build=True,
        protected_namespaces=(),
    )

    def to_data(self) -> dict[str, Any]:
        """Plain JSON data: the fields that were set, under their JSON names."""
        return self.model_dump(mode="python", by_alias=True, exclude_unset=True)


def _whole(value: object, bits: int) -> object:
    """Protobuf's JSON also allows ``"3"`` and ``3.0`` for an integer."""
    digits = isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isdecimal()
    if digits or (isinstance(value, float) and value.is_integer()):
        value = int(value)  # type: ignore[call-overload]  # a str of digits, or a float
    if isinstance(value, int) and not isinstance(value, bool) and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise ValueError(f"an integer of {bits} bits is expected")
    return value


def _number(value: object) -> object:
    """Protobuf's JSON also allows a number as a string."""
    return float(value) if isinstance(value, str) and value.strip("+-.eE0123456789") == "" else value


Int32: TypeAlias = Annotated[int, BeforeValidator(lambda value: _whole(value, 32))]
Int64: TypeAlias = Annotated[int, BeforeValidator(lambda value: _whole(value, 64)), PlainSerializer(str)]
Double: TypeAlias = Annotated[float, BeforeValidator(_number)]
Struct: TypeAlias = dict[str, Any]

ParameterTypeEnum: TypeAlias = Literal[
    "PARAMETER_TYPE_ENUM_UNSPECIFIED",
    "NUMBER_DOUBLE",
    "NUMBER_INTEGER",
    "STRING",
    "BOOLEAN",
    "LIST",
    "STRUCT",
    "TASK_FINAL_STATUS",
    "TASK_CONFIG",
]
PrimitiveTypeEnum: TypeAlias = Literal["PRIMITIVE_TYPE_UNSPECIFIED", "INT", "DOUBLE", "STRING"]


class Value(Message):
    """A constant of schema 2.0.0 (deprecated)."""

    int_value: Int64 | None = None
    double_value: Double | None = None
    string_value: str | None = None

    def plain(self) -> int | float | str | None:
        """The value itself."""
        kinds = (self.int_value, self.double_value, self.string_value)
        return next((kind for kind in kinds if kind is not None), None)


class ValueOrRuntimeParameter(Message):
    """A constant, or the name of a parameter; `constant_value` is the form of schema 2.0.0."""

    constant_value: Value | None = None
    runtime_parameter: str | None = None
    constant: Any = None


class ArtifactTypeSchema(Message):
    """The type of an artifact, for example ``system.Dataset``; `schema_uri` and `instance_schema` are older forms."""

    schema_title: str | None = None
    schema_uri: str | None = None
    instance_schema: str | None = None
    schema_version: str | None = None
