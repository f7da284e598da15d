"""What is behind a link?"""
