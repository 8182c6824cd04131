"""What can be asked: read models, folded from all regions' entries.

Every row is one fact, or one line of one, under the place of its entry; so any
interleaving of the same logs gives the same rows (law 6), and every question
can be asked as of a day. A read model is disposable.
"""
