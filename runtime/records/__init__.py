"""The only door to business rows: ask, plan, fetch, write, each under the rights of a principal."""
