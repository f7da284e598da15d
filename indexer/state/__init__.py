"""Where does what we keep of a folder lie, and who holds it?"""
