"""Finding dogs and cats in whole pictures: what a finder is, and those that there are."""
