"""The pages of moderation: for who moderates, for whom a decision is about, and for everybody."""
