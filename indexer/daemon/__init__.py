"""What is to be done now that nobody has asked for?"""
