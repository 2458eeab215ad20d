"""Jobs: what an action owes when it is done, kept in its transaction and done by the worker until it has succeeded.

In: a mail, a command for an outside system, or a task of one's own, as plain values. Out: it is done at least once, tried again
while it can succeed, and parked with its reason where it cannot.
"""
