"""Web pages over the same commands and queries: made here, from the node's own address.

A page asks the functions that the API's routes are, and sends the commands that its
doors send: there is no second logic. Every page and form works without JavaScript.
"""
