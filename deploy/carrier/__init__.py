"""The carrier's configuration: who may do what, certificates, servers' files."""
