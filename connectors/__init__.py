"""HOW ROWS COME AND GO: table maps between entities and an outside system, in both directions.

Metadata's models may enter, and drivers of outside systems; web frameworks may not. The engine runs without this room.
"""
