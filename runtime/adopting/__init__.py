"""Tables of an outside database become entities, choices, table maps, views, forms and pages, with a report on each part.

In come tables as the database describes them and the components that there are; out come components to save and what was
found. Knows no request, no screen and no database. What was adopted before is only added to.
"""
