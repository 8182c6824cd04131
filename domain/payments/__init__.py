"""What is paid and received, and what the bank says of it."""
