"""What is on the air: signals that receivers hear and scopes show."""
