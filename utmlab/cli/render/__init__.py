"""What commands show, as pure functions from values to text or JSON values."""
