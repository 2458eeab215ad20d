"""Column types and shorthands that every table of the ERP shares."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Integer, Numeric, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

BIG_KEY = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for a column that is exactly INTEGER."""


class Exact(TypeDecorator[Decimal]):
    """NUMERIC that comes back as a Decimal of its own scale.

    SQLite keeps a NUMERIC as a float; quantizing what it returns gives back the amount that was stored.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        """Remember both numbers, for the DDL and for the way back."""
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self._unit = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Ask SQLite for plain floats: its own Decimals would warn on every column."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(self.precision, self.scale, asdecimal=False))
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:
        """Turn the driver's number into a Decimal with exactly `scale` places."""
        return None if value is None else Decimal(str(value)).quantize(self._unit)


MONEY = Exact(19, 2)
PRICE = Exact(19, 4)
QUANTITY = Exact(12, 3)
PERCENT = Exact(5, 2)


def text_key(name: str) -> Column[str]:
    """A business number that is the primary key."""
    return Column(name, Text, primary_key=True)


def text(name: str, *, index: bool = False, unique: bool = False) -> Column[str]:
    """A text that may be missing."""
    return Column(name, Text, index=index, unique=unique)


def amount(name: str, kind: Exact = MONEY) -> Column[Decimal]:
    """A number that is zero until the ERP works it out, so that outsiders may leave it away."""
    return Column(name, kind, nullable=False, server_default="0")


def flag(name: str) -> Column[bool]:
    """A yes or no."""
    return Column(name, Boolean, nullable=False)


def modified_seq() -> Column[int]:
    """The change number of the row; 0 marks a row of an outsider that the ERP has not looked at yet."""
    return Column("modified_seq", BigInteger, nullable=False, index=True, server_default="0")
