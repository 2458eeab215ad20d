"""Themes: templates, design tokens and static files, one folder each. `base` is whole; another holds only what differs.

A theme is `theme.yaml` (name, extends, styles, tokens), `templates/` and `static/`. There is no Python in here but this
page; `runtime.render` reads the folders.
"""
