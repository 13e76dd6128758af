"""Full text search: what a text is found by, what a query says, and the index of both databases."""
