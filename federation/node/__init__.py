"""What runs in a node: outbox, inbox, repair, heartbeats, witness, auditor, restore."""
