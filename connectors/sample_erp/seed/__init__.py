"""A wholesaler's eighteen months, made up: the same numbers give the same customers, orders and invoices every time."""
