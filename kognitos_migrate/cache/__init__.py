"""What is kept between runs: it is compared with all of what it was made of. Knows nothing of what it
holds."""
