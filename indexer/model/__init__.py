"""What crosses the borders between rooms? `items` and their files, `log` and its followers, `query`, `results`, `readings` of files."""
