"""Rows around a point: within a distance of it, nearest first, by the great circle.

The database compares the haversine of the angle, which grows with the distance and needs sine and cosine only. A box of
latitudes and longitudes comes first, so that an index on either can leave out what is far away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Double, and_, bindparam, cast, false, func, or_, type_coerce
from sqlalchemy import Integer as SqlInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from metadata.types import ExactDecimal
from runtime.records.source import Source

EARTH = {"km": 6371.0088, "miles": 3958.7613}
"""The mean radius of the Earth by unit."""
MARGIN = Decimal("0.000002")


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the Earth, in degrees. Raises ValueError for one that is not there."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        """Check that it is on the Earth."""
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError("not on the Earth")


@dataclass(frozen=True, slots=True)
class Around:
    """The narrowing to rows around a point; `latitude` and `longitude` are paths to decimals."""

    latitude: str
    longitude: str

    @property
    def ranks(self) -> bool:
        """Nearest first."""
        return True

    def condition(self, source: Source) -> ColumnElement[bool]:
        """Within the box, and then within the circle."""
        latitude, longitude = source.value(self.latitude), source.value(self.longitude)
        if latitude is None or longitude is None:
            return false()
        south, north = _same(latitude, "g_south"), _same(latitude, "g_north")
        wide = [and_(longitude >= _same(longitude, f"g_west{n}"), longitude <= _same(longitude, f"g_east{n}")) for n in (0, 1)]
        box = and_(latitude >= south, latitude <= north, or_(wide[0], wide[1]))
        return and_(box, _haversine(latitude, longitude) <= bindparam("g_reach", type_=Double()))

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """Nearest first."""
        latitude, longitude = source.value(self.latitude), source.value(self.longitude)
        return None if latitude is None or longitude is None else _haversine(latitude, longitude)


def bound_around(point: Point, distance: float, unit: str) -> tuple[tuple[str, Any], ...]:
    """The values of the binds of `Around`, for a distance from a point."""
    angle = min(distance / EARTH[unit], math.pi)
    latitude, longitude = math.radians(point.latitude), math.radians(point.longitude)
    south, north = latitude - angle, latitude + angle
    if south <= -math.pi / 2 or north >= math.pi / 2:  # a pole is within: every longitude is
        spans = ((-180.0, 180.0), (-180.0, 180.0))
    else:
        spans = _spans(longitude, math.asin(min(1.0, math.sin(angle) / math.cos(latitude))))
    lowest, highest = max(-90.0, math.degrees(south)), min(90.0, math.degrees(north))
    return (
        ("g_latitude", latitude),
        ("g_longitude", longitude),
        ("g_cosine", math.cos(latitude)),
        ("g_reach", math.sin(angle / 2) ** 2 + 1e-15),
        ("g_south", _outwards(lowest, down=True)),
        ("g_north", _outwards(highest, down=False)),
        *((f"g_west{n}", _outwards(west, down=True)) for n, (west, _) in enumerate(spans)),
        *((f"g_east{n}", _outwards(east, down=False)) for n, (_, east) in enumerate(spans)),
    )


def distance(one: Point, other: Point, unit: str) -> float:
    """How far two points are from each other."""
    latitudes = math.radians(other.latitude - one.latitude)
    longitudes = math.radians(other.longitude - one.longitude)
    cosines = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    half = math.sin(latitudes / 2) ** 2 + cosines * math.sin(longitudes / 2) ** 2
    return 2 * EARTH[unit] * math.asin(min(1.0, math.sqrt(half)))


def _spans(longitude: float, width: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The longitudes within a width of one, as two spans; they differ where the date line lies between."""
    west, east = math.degrees(longitude - width), math.degrees(longitude + width)
    if west < -180:
        return (-180.0, east), (west + 360, 180.0)
    if east > 180:
        return (west, 180.0), (-180.0, east - 360)
    return (west, east), (west, east)


def _outwards(degrees: float, *, down: bool) -> Decimal:
    """Degrees as an exact decimal that leaves nothing out: a little further out than the float, within six digits."""
    further = Decimal(degrees) + (-MARGIN if down else MARGIN)
    return further.quantize(Decimal("0.000001"), ROUND_FLOOR if down else ROUND_CEILING)


def _same(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=column.type)


def _haversine(latitude: ColumnElement[Any], longitude: ColumnElement[Any]) -> ColumnElement[Any]:
    here, there = _radians(latitude), _radians(longitude)
    latitudes: ColumnElement[Any] = func.sin((here - _number("g_latitude")) / 2.0, type_=Double())
    longitudes: ColumnElement[Any] = func.sin((there - _number("g_longitude")) / 2.0, type_=Double())
    return latitudes * latitudes + _number("g_cosine") * func.cos(here, type_=Double()) * longitudes * longitudes


def _radians(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return _Degrees(column) * (math.pi / 180)


def _number(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Double())


class _Degrees(FunctionElement[float]):
    """An exact decimal as a floating number."""

    type = Double()
    inherit_cache = True


@compiles(_Degrees)
def _as_double(element: _Degrees, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = element.clauses
    return compiler.process(cast(column, Double()), **options)


@compiles(_Degrees, "sqlite")
def _from_units(element: _Degrees, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = element.clauses
    scale = column.type.scale if isinstance(column.type, ExactDecimal) else 0
    return compiler.process(type_coerce(column, SqlInteger()) * (1.0 / 10**scale), **options)
