"""The steps that change the shape of the store, the first of which makes it."""
