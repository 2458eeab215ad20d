"""What would go wrong with a table map, found before it runs; nothing is written on either side."""
