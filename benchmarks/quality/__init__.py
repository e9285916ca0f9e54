"""How good the image families are on real data sets, within a stated budget of computing: `make bench-quality`."""
