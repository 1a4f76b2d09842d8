"""A made sample of AI Hub's tree: animals, videos and the defects of the real set."""
