"""What is the answer to a search?"""
