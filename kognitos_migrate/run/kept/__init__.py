"""What is kept between runs, each with all that it depends on."""
