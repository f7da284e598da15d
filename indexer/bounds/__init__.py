"""To what does the system hold a process, whatever code runs in it? Bounds of Linux and Windows that Python has no words for."""
