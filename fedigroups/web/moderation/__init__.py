"""The pages of moderation: for moderators, those whom a decision is about, and everybody."""
