"""The yardstick: the same pages written by hand in Flask, as somebody would who knows every trick."""
