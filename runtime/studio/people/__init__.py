"""Those who look after people: who can sign in and who cannot, roles, invitations, sessions, and joining duplicates."""
