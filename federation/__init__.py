"""The journal, and how the regions agree on each other's.

An entry is appended to the home region's journal, sealed in a page under a
signed checkpoint, carried by NATS, verified, and appended as the other
region's entry. NATS only carries (law 1). Each folder rests on those before it:

``signed``    what is hashed and signed: entries, trees, checkpoints, pages, keys
``journal``   where all regions' entries are kept, on SQLite and PostgreSQL
``log``       how one region's log grows on it: commands, seals, epochs, membership
``transport``   what carries messages between regions: NATS, or memory
``checks``    what is verified, and held against a region with proof
``node``      what runs in a node: outbox, inbox, heartbeats, witness, auditor
``backup``    a journal as one file, and back
"""
