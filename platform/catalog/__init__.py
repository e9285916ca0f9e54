"""What can run, data sets, models and their versions, and where the bytes of all of them lie."""
