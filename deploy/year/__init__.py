"""A business year as a folder: read it, play it through the nodes, settle it.

The folder's form is described in ``README.md`` beside this file.
"""
