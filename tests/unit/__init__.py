"""The pure parts: no files, no network, seconds in all."""
