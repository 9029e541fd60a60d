"""The HR directory: name, e-mail and department of an employee number."""
