"""Change events: what the connectors of brokers and webhooks have in common."""
