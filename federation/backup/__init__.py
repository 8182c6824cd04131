"""A journal as one verified file of lines, and back into a database of either kind."""
