"""People who have an account here, and the making of every actor that lives here."""
