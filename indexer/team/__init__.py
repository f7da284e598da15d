"""What does the team know, ask and miss? Views only: everything is told by files in the folder."""
