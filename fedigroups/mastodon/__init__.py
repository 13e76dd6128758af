"""The client API of Mastodon, with which people use a group from the app that they have."""
