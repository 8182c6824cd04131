"""What is owed, by whom and when; and how each rule is kept."""
