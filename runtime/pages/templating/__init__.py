"""Web templates at work: what they may see of a request, how far they may go, and where they stand on a page."""
