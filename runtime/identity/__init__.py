"""Who is there: sessions, sign-in, invitation, password reset, throttling. Its tables all start with `foyer_`."""
