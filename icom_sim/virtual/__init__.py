"""Virtual time: whole sessions in memory, without sockets and without waiting."""
