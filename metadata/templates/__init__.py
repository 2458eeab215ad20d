"""The template language of makers: sandboxed Jinja, less what it could do harm with, and a tag that asks for rows."""

from metadata.templates.faults import TemplateFault
from metadata.templates.reading import ReadTemplate, read
from metadata.templates.specs import Condition, QuerySpec
from metadata.templates.syntax import FILTERS, LONGEST_SOURCE, OBJECTS, MakersEnvironment

__all__ = [
    "FILTERS",
    "LONGEST_SOURCE",
    "OBJECTS",
    "Condition",
    "MakersEnvironment",
    "QuerySpec",
    "ReadTemplate",
    "TemplateFault",
    "read",
]
