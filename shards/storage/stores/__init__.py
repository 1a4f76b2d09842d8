"""Object stores and SFTP servers: their URLs, their files, and how these are asked for."""
