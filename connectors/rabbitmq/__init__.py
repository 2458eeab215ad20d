"""Change events on RabbitMQ. Settings: `url`; `exchange`, and those of every stream."""
