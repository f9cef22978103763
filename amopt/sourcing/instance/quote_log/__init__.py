"""A log of quotes: what suppliers asked, when they were asked, and what holds as of a time."""
