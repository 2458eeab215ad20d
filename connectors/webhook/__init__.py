"""Webhooks that come in. Settings: `secret`; `envelope`, `tolerance`, `max_bytes`, `per_minute`."""
