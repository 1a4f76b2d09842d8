"""How every command behaves: its settings, its streams, its failures and statuses, and pages with Hangul."""
