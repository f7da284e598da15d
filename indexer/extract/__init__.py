"""What does a file say? Files are read in separate processes, which may do nothing else."""
