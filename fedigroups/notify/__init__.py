"""Whom something concerns that happened: what a person, or a group as such, is notified of."""
