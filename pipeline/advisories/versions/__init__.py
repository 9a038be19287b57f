"""How ecosystems order their versions: one module per rule, each with `parse` and its table.

`parse` turns a version's text into a value that orders, equals and hashes as the ecosystem's own
tool compares versions; it raises `ValueError` for what that tool would not take.
"""
