"""What `make bench` measures: times and memory of real work, next to the limit of the same library in the same run."""
