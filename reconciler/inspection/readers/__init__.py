"""One module for each format of models; ``model_reader`` finds the one for a file."""
