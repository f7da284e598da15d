"""How does Whoosh hold the items, and find them?"""
