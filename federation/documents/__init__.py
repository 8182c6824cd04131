"""Long texts and files: what an event says of them, and where their bytes lie."""
