"""The OAuth 2 server: apps, codes, tokens, scopes, and what a token lets its bearer do."""
