"""Change events on NATS JetStream. Settings: `url`; `stream`, `credentials`, and those of every stream."""
