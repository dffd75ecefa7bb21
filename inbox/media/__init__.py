"""What a file is, what may be shown of it, and under which name: without database or network."""
