"""The door for programs: entities that a site offers, at /_api/, in OData version 4.

In come calls, out go answers; every row is read and written through `runtime.records` with the rights of the caller. A site
offers what an `api_entity` lists and nothing else.
"""
