"""What pages about people say, as words and values that templates only place."""
