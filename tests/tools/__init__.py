"""Tools that make what the tests and the templates hold."""
