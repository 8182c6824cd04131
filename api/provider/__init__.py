"""An OpenID provider, such as HelseID: it says who somebody is, and the node what they may.

People sign in by a code flow that the provider is told of beforehand (PAR, PKCE,
``private_key_jwt``); programs bring the provider's access tokens, bound to a key of
theirs (DPoP). Source: OpenID Connect Core 1.0, FAPI 2.0 Security Profile, RFC 7636,
RFC 7523, RFC 9126, RFC 9207, RFC 9449, OpenID Connect Back-Channel Logout 1.0 and
Front-Channel Logout 1.0.
"""
