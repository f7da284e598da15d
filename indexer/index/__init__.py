"""Which items match a query, and how well?"""
