"""What happens, told to open connections at once: to apps as Mastodon tells it, and to pages."""
