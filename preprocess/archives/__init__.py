"""Archives as AI Hub delivers them, read where they lie: zips, their pieces, and the tar that holds either."""
