"""The canary crawler: a throw-away copy of a site with marked rows, asked for everything, watched for what should not come.

Two worlds are made of the same metadata. They hold the same rows, but for what one person may not see: there the second has
other values, or no row at all. Whatever that person asks must be answered alike in both; a count, an order, a status, an ETag
that differs tells something of what is hidden. A mark of a hidden value in an answer tells all of it. Who may see what is
worked out from declared permissions and planted rows by `judge`, which knows no SQL and nothing of the engine's own reckoning.
"""
