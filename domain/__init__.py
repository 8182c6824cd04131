"""What is true: values, facts, one file per kind of stream, rules.

Nothing here does IO or asks a clock. A file of one kind of stream keeps one
order: facts, state, evolve, commands, decide.
"""
