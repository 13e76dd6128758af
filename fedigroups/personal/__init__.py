"""What people here keep for themselves: bookmarks, whom they mute or block, how far they read."""
