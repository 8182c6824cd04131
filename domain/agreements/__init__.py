"""Cost agreements: what is proposed, signed, ended, and what it costs."""
