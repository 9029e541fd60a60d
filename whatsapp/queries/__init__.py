"""What is: conversations and tickets as pages show them."""
