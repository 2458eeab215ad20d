"""Names of a $filter resolved, its values typed: from a tree to a clause of the records room, with values apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from metadata.snapshot import CompiledAttribute
from metadata.types import ExactDecimal
from runtime.access import access_of
from runtime.api.calls import Caller
from runtime.api.faults import bad, denied, not_enabled, not_offered
from runtime.api.model import EntitySet, Navigation, Property
from runtime.odata.tree import Among, Both, Comparison, Count, Function, Lambda, Node, Not, Path, Value
from runtime.records import clauses
from runtime.records.clauses import Clause, Given, Made, Many, Of, Term
from runtime.records.likeness import escaped
from runtime.records.values import LARGEST

FLIPPED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
LONGEST_TEXT = 2000
DEEPEST = 4
NUMBERS = ("integer", "decimal", "money")
KINDS = {"integer": "number", "decimal": "number", "money": "number", "boolean": "boolean", "date": "date"}
KINDS |= {"datetime": "moment", "unique_id": "guid"}
"""The kinds of values by attribute type; what is not here is text."""
ALONE = ("choices", "file", "image")
MADE = {"length": "number", "year": "number", "month": "number", "day": "number"}
MADE |= dict.fromkeys(("tolower", "toupper", "trim", "concat"), "text")
OF_DATES = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class Typed:
    """A term with the kind of its values, and the scale of its numbers."""

    term: Term
    kind: str
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """The entity set that names are of, and by which variable."""

    variable: str
    set: EntitySet


@dataclass(slots=True)
class Conditions:
    """Trees to clauses for one entity set. `bound` fills with the values; `prefix` keeps their names apart from others'."""

    caller: Caller
    set: EntitySet
    prefix: str = "f"
    bound: dict[str, Any] = field(default_factory=dict)
    scopes: list[Scope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scopes.append(Scope("", self.set))

    def clause(self, node: Node) -> Clause:
        """The clause of a condition. Raises ApiFault."""
        match node:
            case Both(word, parts):
                return clauses.Joined(word, tuple(self.clause(part) for part in parts))
            case Not(part):
                return clauses.Opposite(self.clause(part))
            case Comparison():
                return self._comparison(node)
            case Among():
                return self._among(node)
            case Function():
                return self._matching(node)
            case Lambda():
                return self._related(node)
            case Value(kind, value):
                return clauses.Always(kind == "boolean" and bool(value))
            case Path():
                typed = self._typed(node)
                if typed.kind != "boolean":
                    raise bad(f"{_text(node)} is no condition; compare it with something.", "$filter")
                return clauses.Compared("eq", typed.term, self._bind(True))
        raise bad("A number is no condition; compare it with something.", "$filter")

    def path(self, path: Path) -> tuple[Property, str, int]:
        """The property at the end of a path, the path of attributes to it, and its scope. Raises ApiFault."""
        entity_set, names, scope = self._start(path)
        keys: list[str] = []
        for name in names[:-1]:
            way = entity_set.navigation(name)
            keys.append(self._through(entity_set, way, name))
            entity_set = self.caller.offer.by_entity[way.entity]
        if not names or names[-1] in entity_set.navigations:
            raise bad(f"{_text(path)} is no property with a value.", "$filter")
        found = entity_set.property(names[-1], self.caller.principal.standing, self.caller.snapshot)
        return found, ".".join((*keys, found.attribute.key)), scope

    def _start(self, path: Path) -> tuple[EntitySet, tuple[str, ...], int]:
        for place in range(len(self.scopes) - 1, 0, -1):
            if self.scopes[place].variable == path.names[0]:
                return self.scopes[place].set, path.names[1:], place
        return self.set, path.names, 0

    def _through(self, entity_set: EntitySet, way: Navigation, name: str) -> str:
        """The lookup that a path passes through. Raises ApiFault."""
        snapshot, standing = self.caller.snapshot, self.caller.principal.standing
        if way.many:
            raise bad(f"{name} leads to several rows; write {name}/any(x:x/...).", "$filter")
        lookup = entity_set.entity.attributes[way.attribute]
        if lookup.polymorphic:
            raise not_offered(f"paths over {way.attribute}, which points at several entities", "$filter")
        if way.attribute not in access_of(snapshot, standing, entity_set.entity.key, "read").attributes:
            raise not_enabled(name, entity_set.name)
        if not access_of(snapshot, standing, way.entity, "read").allowed:
            raise denied("read", self.caller.offer.by_entity[way.entity].name)
        return way.attribute

    def _typed(self, node: Node) -> Typed:
        match node:
            case Path():
                found, path, scope = self.path(node)
                if found.part == "entity":
                    raise not_offered(f"comparing {found.name}", "$filter")
                if found.attribute.type.name in ALONE:
                    raise not_offered(f"comparing {found.name}, which is {found.attribute.type.name}", "$filter")
                of = Of(path, scope, found.part == "reached")
                return Typed(of, kind_of(found.attribute), scale_of(found.attribute))
            case Function(name, arguments) if name in MADE:
                return self._made(name, arguments)
            case Count(path, condition):
                return Typed(self._many(path, condition), "number")
        raise not_offered("comparing such values", "$filter")

    def _made(self, name: str, arguments: Sequence[Node]) -> Typed:
        wanted = ("date", "moment") if name in OF_DATES else ("text",)
        terms: list[Term] = []
        for argument in arguments:
            if isinstance(argument, Value) and argument.kind == "text":
                terms.append(self._bind(argument.value, "text"))
                continue
            typed = self._typed(argument)
            if typed.kind not in wanted:
                raise bad(f"{name} takes a {' or '.join(wanted)}, not a {typed.kind}.", "$filter")
            terms.append(typed.term)
        return Typed(Made(name, tuple(terms)), MADE[name])

    def _comparison(self, node: Comparison) -> Clause:
        operator, left, right = node.operator, node.left, node.right
        if isinstance(left, Value) or (isinstance(left, Function) and left.name == "now"):
            operator, left, right = FLIPPED[operator], right, left
        if isinstance(left, Value):
            raise not_offered("comparing two literal values", "$filter")
        if not isinstance(left, Path | Function | Count) or (isinstance(left, Function) and left.name not in MADE):
            return self._truth(operator, left, right)
        typed = self._typed(left)
        if isinstance(right, Value):
            return self._beside(operator, typed, right)
        if isinstance(right, Function) and right.name == "now":
            if typed.kind != "moment":
                raise bad(f"now() is a moment, not a {typed.kind}.", "$filter")
            return clauses.Compared(operator, typed.term, self._bind(dt.datetime.now(dt.UTC), "moment"))
        other = self._typed(right)
        if other.kind != typed.kind:
            raise bad(f"A {typed.kind} is compared with a {other.kind}.", "$filter")
        if other.scale != typed.scale:
            raise not_offered("comparing numbers with different digits after the point", "$filter")
        return clauses.Compared(operator, typed.term, other.term)

    def _truth(self, operator: str, left: Node, right: Node) -> Clause:
        """A condition beside true or false."""
        if operator not in ("eq", "ne") or not isinstance(right, Value) or right.kind != "boolean":
            raise not_offered("comparing conditions other than with true or false", "$filter")
        found = self.clause(left)
        return found if (operator == "eq") == right.value else clauses.Opposite(found)

    def _beside(self, operator: str, typed: Typed, right: Value) -> Clause:
        """A term beside a literal value."""
        if right.kind == "null":
            return clauses.Compared(operator, typed.term, None) if operator in ("eq", "ne") else clauses.Always(False)
        if operator not in ("eq", "ne") and typed.kind in ("boolean", "guid"):
            raise bad(f"A {typed.kind} is neither larger nor smaller than another one.", "$filter")
        if typed.kind == "number" and right.kind in ("integer", "decimal"):
            return self._number(operator, typed, Decimal(right.value))
        if typed.kind != right.kind:
            raise bad(f"A {typed.kind} is compared with a {right.kind}.", "$filter")
        return clauses.Compared(operator, typed.term, self._bind(right.value))

    def _number(self, operator: str, typed: Typed, value: Decimal) -> Clause:
        """A number beside one that may have more digits than it is kept with."""
        exact = whole_units(value, typed.scale)
        if exact == value:
            return clauses.Compared(operator, typed.term, self._number_bind(typed, exact))
        match operator:
            case "eq":
                return clauses.Always(False)
            case "ne":
                return clauses.Always(True)
        return clauses.Compared("gt" if operator in ("gt", "ge") else "le", typed.term, self._number_bind(typed, exact))

    def _number_bind(self, typed: Typed, value: Decimal) -> Given:
        if typed.scale:
            return self._bind(value)
        return self._bind(int(value), "" if isinstance(typed.term, Of) else "integer")

    def _among(self, node: Among) -> Clause:
        typed = self._typed(node.left)
        values: list[Any] = []
        for literal in (value for value in node.values if isinstance(value, Value) and value.kind != "null"):
            if typed.kind == "number" and literal.kind in ("integer", "decimal"):
                exact = whole_units(Decimal(literal.value), typed.scale)
                if exact == literal.value:
                    values.append(exact if typed.scale else int(exact))
            elif typed.kind != literal.kind:
                raise bad(f"A {typed.kind} is compared with a {literal.kind}.", "$filter")
            else:
                values.append(literal.value)
        empty = any(isinstance(value, Value) and value.kind == "null" for value in node.values)
        unique = list(dict.fromkeys(values))
        size = 1 << (len(unique) - 1).bit_length() if unique else 0  # few sizes, so that few statements are kept
        names = tuple(self._bind(value).name for value in unique + unique[-1:] * (size - len(unique)))
        return clauses.Among(typed.term, names, empty)

    def _matching(self, node: Function) -> Clause:
        if node.name not in ("contains", "startswith", "endswith"):
            raise bad(f"{node.name} is no condition; compare it with something.", "$filter")
        left, right = node.arguments
        if not isinstance(right, Value) or right.kind != "text" or isinstance(left, Value):
            raise not_offered(f"{node.name} of anything but a property and a text", "$filter")
        typed = self._typed(left)
        if typed.kind != "text":
            raise bad(f"{node.name} takes a text, not a {typed.kind}.", "$filter")
        before, after = {"contains": ("%", "%"), "startswith": ("", "%"), "endswith": ("%", "")}[node.name]
        return clauses.Matches(typed.term, self._bind(f"{before}{escaped(_sane(right.value))}{after}").name)

    def _related(self, node: Lambda) -> Clause:
        choices = self._choices(node)
        if choices is not None:
            return choices
        relationship, scope, target = self._relationship(node.path)
        condition = None
        if node.condition is not None:
            if any(known.variable == node.variable for known in self.scopes):
                raise bad(f"The variable {node.variable} is there twice.", "$filter")
            condition = self._within(node.variable, target, node.condition)
        return clauses.OfRelated(relationship, scope, node.quantifier, condition)

    def _many(self, path: Path, condition: Node | None) -> Many:
        relationship, scope, target = self._relationship(path)
        if condition is None:
            return Many(relationship, scope)
        return Many(relationship, scope, self._rooted(target, condition))

    def _rooted(self, target: EntitySet, node: Node) -> Clause:
        """A condition whose bare names are of the rows within: they get a variable that nobody can have written."""
        variable = f"({len(self.scopes)})"
        return self._within(variable, target, _prefixed(node, variable))

    def _within(self, variable: str, target: EntitySet, node: Node) -> Clause:
        if len(self.scopes) > DEEPEST:
            raise bad(f"Conditions on related rows are nested at most {DEEPEST} deep.", "$filter")
        self.scopes.append(Scope(variable, target))
        try:
            return self.clause(node)
        finally:
            self.scopes.pop()

    def _relationship(self, path: Path) -> tuple[str, int, EntitySet]:
        """The relationship that a path is, its scope, and the entity set it leads to. Raises ApiFault."""
        entity_set, names, scope = self._start(path)
        if len(names) != 1:
            raise not_offered(f"collections at the end of longer paths ({_text(path)})", "$filter")
        if names[0] in entity_set.properties:
            raise bad(f"{_text(path)} is no collection.", "$filter")
        way = entity_set.navigation(names[0])
        if way.relationship is None:
            raise bad(f"{_text(path)} is no collection.", "$filter")
        target = self.caller.offer.by_entity[way.entity]
        if not access_of(self.caller.snapshot, self.caller.principal.standing, way.entity, "read").allowed:
            raise denied("read", target.name)
        return way.relationship.key, scope, target

    def _choices(self, node: Lambda) -> Clause | None:
        """Whether one of several options was chosen; None for what is no attribute with options."""
        entity_set, names, _ = self._start(node.path)
        found = entity_set.properties.get(names[-1]) if len(names) == 1 else None
        if found is None or found.attribute.type.name != "choices":
            return None
        _, path, scope = self.path(node.path)
        if node.quantifier == "any" and node.condition is None:
            return clauses.Compared("ne", Of(path, scope), None)
        match node.condition:
            case Comparison("eq", Path(names), Value("text", value)) if node.quantifier == "any" and names == (node.variable,):
                return clauses.Matches(Of(path, scope), self._bind(f"%|{escaped(_sane(value))}|%").name)
        raise not_offered(f"conditions on {found.name} other than any(x:x eq '...')", "$filter")

    def _bind(self, value: Any, kind: str = "") -> Given:
        if isinstance(value, str):
            _sane(value)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise bad("A number is too large to be compared with.", "$filter")
        name = f"{self.prefix}_{len(self.bound)}"
        self.bound[name] = value
        return Given(name, kind)


def kind_of(attribute: CompiledAttribute) -> str:
    """The kind of an attribute's values."""
    return "number" if attribute.type.name == "lookup" else KINDS.get(attribute.type.name, "text")


def scale_of(attribute: CompiledAttribute) -> int:
    """How many digits after the point an attribute is kept with."""
    kind = attribute.column.type
    return kind.scale if isinstance(kind, ExactDecimal) else 0


def whole_units(value: Decimal, scale: int) -> Decimal:
    """The largest number of so many digits after the point that is not larger. Raises ApiFault for one far too large."""
    if not value.is_finite() or value.adjusted() + scale > 17:
        raise bad("A number is too large to be compared with.", "$filter")
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR)


def _sane(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise bad("A text is too long, or none.", "$filter")
    return text


def _prefixed(node: Node, variable: str) -> Node:
    """A tree whose bare paths begin with a variable."""
    match node:
        case Path(names):
            return Path((variable, *names))
        case Comparison(operator, left, right):
            return Comparison(operator, _prefixed(left, variable), _prefixed(right, variable))
        case Both(word, parts):
            return Both(word, tuple(_prefixed(part, variable) for part in parts))
        case Not(part):
            return Not(_prefixed(part, variable))
        case Function(name, arguments):
            return Function(name, tuple(_prefixed(argument, variable) for argument in arguments))
        case Among(left, values):
            return Among(_prefixed(left, variable), values)
        case Value():
            return node
    raise not_offered("collections within $count($filter=...)", "$filter")


def _text(path: Path) -> str:
    return "/".join(path.names)[:80]
