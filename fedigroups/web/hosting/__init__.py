"""The pages on which hosts make a group and look after it."""
