"""How are the parts put together, and what does each command do with them?"""
