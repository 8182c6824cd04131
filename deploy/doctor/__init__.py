"""What ``fagnett doctor`` looks at: files, the database, the carrier; nothing is changed."""
