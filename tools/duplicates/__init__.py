"""What is behind the page about near-duplicates."""
