"""How is a file opened, replaced or kept private if others may touch it too?"""
