"""From a user's photos and videos to an answer in Korean."""
