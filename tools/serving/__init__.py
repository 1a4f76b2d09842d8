"""The server behind the page: requests in, moods out; nothing leaves the machine."""
