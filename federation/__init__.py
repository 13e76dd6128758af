"""The protocol floor: actors, documents, keys, signatures, hosts, and guarded HTTP.

It knows nothing of groups' rules, and imports none of the floors above it.
"""

__version__ = "0.1.0"
