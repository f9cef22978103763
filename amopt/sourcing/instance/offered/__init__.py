"""What is wrong with offers: their quotes, and why they are left out."""
