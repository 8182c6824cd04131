"""What is owed: the settlement, the ledger, and what two trusts sign."""
