"""The command line: one command, one file. Each parses, asks the client and prints."""
