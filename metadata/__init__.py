"""Metadata: what a site is.

Everything that an admin declares enters here as a component, is checked, stored as a revision, published in a release and
compiled into an immutable snapshot. This room knows no HTTP request and no outside system, and imports none of the others.
"""
