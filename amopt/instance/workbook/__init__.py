"""Instances as workbooks and folders of csv files: one sheet for each collection."""
