"""The pages on which somebody looks after an account."""
