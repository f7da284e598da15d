"""How does a digest reach people who don't look into the folder? By mail and by one post, only to whom the settings of this machine name.

Nothing in the folder says to whom: anyone may write there.
"""
