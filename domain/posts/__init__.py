"""Part-time posts in work: who fills them, and what is reported."""
