"""The tests: what each folder holds is in its own first line."""
