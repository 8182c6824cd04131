"""A federation on a virtual clock: the nodes' own code, and everything else made up.

Time, network, disks and people are drawn from one seed, so the same seed gives
the same run, byte for byte. ``world`` runs it, ``invariants`` says what must hold.
The tests run it, ask that bugs which are planted are found, and strike each await.
"""
