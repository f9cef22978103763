"""Very many parts from a table, by columns: no object a part."""
