"""The pages on which this instance is looked after."""
