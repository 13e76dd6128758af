"""What clients are shown, read in a fixed number of queries however long a list is."""
