"""A service that speaks JSON over HTTP, with its resources declared on the connection: where rows are, how they change."""
