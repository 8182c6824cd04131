"""Tables as people write them: their text, their names, their figures and days.

What Norwegian spreadsheets save and banks send is read here, for folders of a year and
for files of a bank.
"""
