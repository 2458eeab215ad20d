"""Files that people give: received with limits, told by their content, kept in a store, and held by one row each.

In: the stream of an upload and the rules of its attribute. Out: a row of the register, `foyer_file`, and content in a
store. Who may read a file is decided elsewhere, by the right to read its row and attribute; nothing here looks at rows.
"""
