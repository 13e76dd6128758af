"""Mail about what happens: when it is due, of what its reader may read, and how it is written."""
