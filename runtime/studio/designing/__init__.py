"""Designers: what people shape by eye, each step at once a draft; what they do not show is kept as it is."""
