"""The rules of the business, how each is kept here, and by which tests."""
