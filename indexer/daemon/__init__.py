"""What is due now, though nobody asked?"""
