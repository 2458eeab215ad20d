"""Words: those that somebody looks for, and where in a text they stand. Knows no database and no page.

In: what was typed, a text, the language that it is written in. Out: the words, and the text with them marked.
"""
