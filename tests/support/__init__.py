"""What tests of every kind share: servers and databases, the browser, accessibility, reading our own imports."""
