"""The site through somebody else's eyes, drafts included: who looks, as whom, at which snapshot, on which connection.

In: a request below `/studio/as/`, of somebody with the right `view_as`. Out: the answer of the very views that the site
itself has, for another principal, on a connection that cannot write.
"""
