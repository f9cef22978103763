"""What is wrong with offers: their quotes, why they are left out, and what parts need of them."""
