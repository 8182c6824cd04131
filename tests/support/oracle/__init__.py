"""An independent second implementation of a business year, written from its contract alone."""
