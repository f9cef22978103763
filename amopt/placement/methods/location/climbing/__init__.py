"""Ways in which prices climb: by averages of answers, and by columns of whole sets."""
