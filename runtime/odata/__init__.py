"""OData version 4 as a language: text to trees, values and descriptions to text. Knows no request and no database.

In come parts of addresses, out come trees of plain dataclasses; `SyntaxFault` is text that OData does not know, `NotOffered`
text that it knows and this server does not.
"""
