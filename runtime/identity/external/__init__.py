"""Sign-ins of other providers: asked there, known here by who said so and whom they said it of.

In: a provider of the site's metadata and what the browser brings back. Out: the contact that the sign-in belongs to. Who may
come in so is decided here and never by the provider.
"""
