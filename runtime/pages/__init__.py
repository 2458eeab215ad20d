"""Pages of a site: each block in five verbs, permit, parse, plan, fetch, render; then the page that holds them.

In come a request's context, a page of the tree and the record keys of its address; out comes a response. Rows are reached
through `runtime.records` only.
"""

from runtime.pages.page import show

__all__ = ["show"]
