"""Connectors at work: the doors to rows that they are given, the outbox's listener, write-through, freshness."""
