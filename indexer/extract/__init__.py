"""What does a file say? Read in processes of their own, which may do nothing else."""
