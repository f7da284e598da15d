"""How does what is in the folder come into the catalogue, and from there to its followers?"""
