"""An auditor who has the documents and the public keys, and nothing else."""
