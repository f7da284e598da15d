"""What does the team know, ask and miss? Views only."""
