"""What people may ask and type on the pages of accounts and payments."""
