"""The addresses of the client API, one file for each family of entities."""
