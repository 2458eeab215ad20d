"""Who may do what with which rows, on one screen: web roles by entities with drafts, and what that means for a contact."""
