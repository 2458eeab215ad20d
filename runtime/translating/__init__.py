"""The texts of a site for translators: gathered, written as PO files, read back, and put where they belong."""
