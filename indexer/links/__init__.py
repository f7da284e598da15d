"""What is behind a link? Pages are fetched by a process of its own, which knows manners and what must not be asked."""
