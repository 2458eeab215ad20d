"""The studio: the site's components changed in the browser, by people whose web role opens it.

In: what is posted, which may be wrong. Out: drafts in the metadata store, never served, and releases of those that fit.
Every editor is made from the model of its kind, so no kind is ever without one.
"""
