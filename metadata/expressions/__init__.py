"""The expression language: conditions, defaults, calculated attributes, rollups and rules in one small, total language.

In: a text such as ``quantity * price > 1000 and status = 'open'`` and the names that it may use. Out: a typed tree, which
is evaluated in Python, compiled to SQL, or sent to the browser as data, with the same answer in each. There are no loops,
no assignment and nothing that can fail at run time: what has no answer is empty.
"""

from metadata.expressions.data import to_data
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.expressions.grammar import ExpressionError, parse
from metadata.expressions.tree import Aggregate, Call, Kind, Literal, Name, Node
from metadata.expressions.typing import Names, Typed, typed

__all__ = [
    "Aggregate",
    "Call",
    "ExpressionError",
    "Kind",
    "Literal",
    "Name",
    "Names",
    "Node",
    "Row",
    "Typed",
    "Value",
    "evaluate",
    "parse",
    "to_data",
    "typed",
]
