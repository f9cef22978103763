"""Many lines by prices on what they share, each part by itself."""
