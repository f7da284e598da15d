"""What is the same word, and by what is an item found?"""
