"""What a bank tells an organisation, read as entries: camt.054, or a table as CSV.

Names of those who pay and texts that they write are never read (law 8).
"""
