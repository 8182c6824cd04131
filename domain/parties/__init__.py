"""Who deals with whom: organisations, networks, regions and pairs of trusts."""
