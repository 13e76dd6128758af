"""The pages: read with any browser, no script needed."""
