"""How people come in and go: by a provider, or as ready people of a local federation."""
