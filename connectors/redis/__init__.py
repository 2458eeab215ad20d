"""Change events on Redis Streams. Settings: `url`, and those of every stream."""
