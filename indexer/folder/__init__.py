"""What is in the folder, and what happens there?"""
