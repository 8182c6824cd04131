"""From facts to rows, a module for each subject; ``projections.fold`` has the table."""
