"""Parts of verification: the bytes that records have by the manifest, and one pass over a shard."""
