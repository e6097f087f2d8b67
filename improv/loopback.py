"""Which names and addresses only programs of this machine reach: everything else is open to a network."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
