"""Rows from files: a file becomes a grid of texts, its columns are matched with attributes, its cells with what a form posts.

Nothing here writes: a file is read within limits (`grid`, `workbook`), a heading finds its attribute (`matching`), a cell is
put as a person would have typed it (`written`), and a name finds the row that a lookup may point at (`naming`).
"""
