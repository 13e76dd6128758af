"""The product: groups, people, pages and commands, on the floors inbox, outbox and federation."""

from federation import __version__ as __version__
