"""Synchronisation in the studio: operators watch maps, steer them, and mend what one side would not take."""
