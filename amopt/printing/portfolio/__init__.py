"""The portfolio written down whole: a column for each part and policy."""
