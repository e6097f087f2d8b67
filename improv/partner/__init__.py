"""What the partner plays, whose turn it is, and what is taken up from it."""
