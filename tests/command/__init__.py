"""The command as users run it: a process, files in a folder, clusters behind real sockets."""
