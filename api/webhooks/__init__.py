"""What is recorded, sent to programs as it comes: signed, in order, until it is taken."""
