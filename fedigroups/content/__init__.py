"""Content: what people write, made safe to store and to show."""
