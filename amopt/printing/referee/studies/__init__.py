"""What studies of one instance say, judged: printers that are busy, convoys, uncertain rates."""
