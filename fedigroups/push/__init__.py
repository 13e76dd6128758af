"""Notifications of people who do not look, brought to their devices by push services (RFC 8030)."""
