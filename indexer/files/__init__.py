"""How is a file opened, replaced or kept private that others may touch as well?"""
