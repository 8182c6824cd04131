"""The journal: one table for all regions' entries, gapless per region.

``store`` is what both databases share, ``sqlite`` and ``postgres`` are the
``eventsourcing`` recorders, ``mapper`` turns facts into stored events and back.
"""
