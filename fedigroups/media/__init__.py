"""Pictures: what people here upload, and copies of what is shown of other servers."""
