"""Tables -> the raw data of an instance: headings, entries, and the cell of each value."""
