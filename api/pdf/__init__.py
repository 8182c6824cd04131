"""Papers that people read and sign off, as PDF.

What stands in a paper is made here from facts alone, in the reader's language; how it
looks stands in ``paper.typ``, which sets every text it is given as text.
"""
