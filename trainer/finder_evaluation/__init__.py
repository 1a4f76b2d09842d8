"""What a finder is worth: its boxes beside the annotated ones, and the report that shows them."""
