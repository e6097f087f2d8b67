"""Open Sound Control: lines come in over UDP, and what is played goes out."""
