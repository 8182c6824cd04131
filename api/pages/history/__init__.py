"""What was recorded: the regions, an entry with its proof, folders that are read in."""
