"""Traces for a collector, by OpenTelemetry: whether they are asked for, what is told of a request, and how it is sent."""
