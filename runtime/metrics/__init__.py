"""What an operator's Prometheus reads of a portal: its requests, added up over all processes, and how things stand."""
