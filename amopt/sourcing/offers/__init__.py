"""What each supplier offers for each line: curves, fits and segments."""
