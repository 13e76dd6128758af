"""The entities that clients read, made here and nowhere else; the strictest decoders want all."""
