"""From a user's photo or clip to what is said of it in Korean."""
