"""What is the same word, and what is an item found by?"""
