"""A site as files, between installations: taken out, held against what is there, and brought in as drafts."""
