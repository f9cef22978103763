"""Ways of finding the best contract: exactly, from where orders change, and by the program."""
