"""Several machines' copies of one folder, kept alike by a simulated sync service."""
