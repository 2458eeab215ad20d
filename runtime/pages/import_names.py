"""The arguments of an address under which the import of a list and the faults of its rows are found."""

IMPORT, ERRORS = "import", "errors"
