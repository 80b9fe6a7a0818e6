"""Every endpoint of the catalogue, through its spider."""
