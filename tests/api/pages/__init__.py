"""What pages show, refuse and send."""
