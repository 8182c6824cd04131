"""Settlement and closing: who owes whom, statements and their signatures, netting, the bank."""
