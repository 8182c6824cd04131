"""Signing in by a real OpenID provider: npm oidc-provider, on Node from PyPI."""
