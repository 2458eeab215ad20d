"""A site of Power Pages, as `pac pages download` writes it, becomes components, with a report on each of its records.

In comes a folder, out come components and verdicts: converted, approximated, or by hand, with the reason. Nothing that comes of
it may be seen by anybody who could not see it there. Knows no request and no database.
"""
