"""Where is the state of a folder, and who holds it?"""
