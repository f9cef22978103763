"""What a limit is worth, and up to which price an offer stays chosen: both by solving again."""
