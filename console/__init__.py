"""What all commands share: settings, standard streams, failures and exit statuses, progress bars, and HTML pages."""
