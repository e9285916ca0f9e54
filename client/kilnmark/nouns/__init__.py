"""What can be asked, by what it is about; each method is one plan that both clients run."""
