"""Maps of dual-write, as published and as exported, become table maps, entities and choices, with a report on each field.

In come files, out come components and verdicts: converted, approximated, or by hand, with the reason. Knows no request and
no database.
"""
