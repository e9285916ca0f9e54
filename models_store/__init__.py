"""What the web side and the compute side share: blobs, bundles, manifests, signing. No Django, no torch."""
